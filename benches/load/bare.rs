//! What the cheapest possible token request would cost: one bare ES256 signature. The empty request is scenario `empty`.
use std::time::{Duration, Instant};

use josekit::jws::ES256;
use josekit::jws::alg::ecdsa::EcdsaJwsAlgorithm;

const SPAN: Duration = Duration::from_secs(1);

/// Prints the time of one signature over a text of a token's size.
pub fn print() {
    let alg: EcdsaJwsAlgorithm = ES256;
    let pair = alg.generate_key_pair().expect("a key pair");
    let signer = alg.signer_from_der(pair.to_der_private_key()).expect("a signer");
    let text = [b'x'; 480];
    let (begun, mut count) = (Instant::now(), 0_u32);
    while begun.elapsed() < SPAN {
        for _ in 0..50 {
            std::hint::black_box(josekit::jws::JwsSigner::sign(&signer, &text).expect("a signature"));
            count += 1;
        }
    }
    println!("bare ES256 signature: {:.1} µs\n", begun.elapsed().as_secs_f64() * 1e6 / f64::from(count));
}
