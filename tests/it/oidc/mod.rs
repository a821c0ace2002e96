//! The protocol over HTTP, as applications meet it. The judge of our answers is a foreign implementation.
mod arena;
mod authorization;
mod code_flow;
mod hybrid;
mod jar;
mod jarm;
mod par;
