//! What the fuzzer knows, as an ordinary test: the corpora of `fuzz/corpus` and some thousand mutations of them, always the
//! same ones. `bash fuzz/run` plays millions.
use std::path::PathBuf;

#[path = "../../../fuzz/targets.rs"]
mod targets;

/// Mutations of each file.
const MUTATIONS: u64 = 400;

/// A small reproducible generator (SplitMix64); nothing here needs more.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) & 0xFFFF_FFFF).unwrap()
    }

    fn below(&mut self, end: usize) -> usize {
        self.roll() % end.max(1)
    }
}

/// Bytes that parsers trip over.
const BAIT: &[&[u8]] =
    &[b"%", b"&", b"=", b".", b"\"", b"\\", b"\0", b"\xff", b"\xc3\xa4", b"{\"", b"[[[[", b"99999999999999999999", b"-1", b"://", b"\n"];

fn mutated(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        match dice.below(4) {
            0 => bytes.truncate(at),
            1 => {
                let bait = BAIT[dice.below(BAIT.len())];
                bytes.splice(at..at, bait.iter().copied());
            }
            2 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            _ => {
                let from = dice.below(at + 1);
                let piece = bytes[from..at].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

#[test]
fn m08_no_parser_panics_on_the_corpora_and_their_mutations() {
    let corpora = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, target) in targets::ALL {
        let mut files: Vec<PathBuf> = std::fs::read_dir(corpora.join(name)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no corpus");
        for (number, file) in files.iter().enumerate() {
            let seed = std::fs::read(file).unwrap();
            target(&seed);
            let mut dice = Dice(number as u64);
            for _ in 0..MUTATIONS {
                target(&mutated(&seed, &mut dice));
            }
        }
    }
}
