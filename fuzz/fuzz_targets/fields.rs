#![no_main]
#[path = "../targets.rs"]
#[allow(dead_code, reason = "each program plays one target of the shared file")]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::fields(data));
