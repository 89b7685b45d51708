//! What the fuzzers have kept is played here: inputs that reach every place they have found, and each that has once broken something.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use reveille_tests::fuzzing::{Body, TARGETS};

/// More would make this slow.
const CORPORA_BYTES_MAX: u64 = 600_000;

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(format!("{target}.txt"))
}

/// The bytes of a line: `\n`, `\\` and `\xNN` stand for what is no letter.
fn read(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, escape)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        let (byte, length) = match escape.as_bytes() {
            [b'n', ..] => (b'\n', 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', ..] => (u8::from_str_radix(&escape[1..3], 16).expect("two digits"), 3),
            _ => panic!("an unknown escape in {line}"),
        };
        bytes.push(byte);
        rest = &escape[length..];
    }
    bytes.extend(rest.bytes());
    bytes
}

/// Runs a body with each input of its corpus.
fn play(target: &str, body: Body) {
    let text = std::fs::read_to_string(corpus(target)).expect("a corpus");
    assert!(text.is_ascii(), "{target}: bytes are escaped");
    let inputs: Vec<&str> = text.lines().collect();
    assert!(inputs.len() >= 5, "{target} has {} inputs", inputs.len());
    for line in inputs {
        let input = read(line);
        assert!(catch_unwind(|| body(&input)).is_ok(), "{target} breaks with this line of its corpus:\n{line}");
    }
}

/// A test for each target, so that they run beside each other.
macro_rules! targets {
    ($($target:ident),*) => {
        $(#[test]
        fn $target() {
            let (name, body) = TARGETS.into_iter().find(|(name, _)| *name == stringify!($target)).expect("a target");
            play(name, body);
        })*

        const PLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

targets!(configuration, grammar, imports, payload, replies, requests, tokens);

#[test]
fn every_target_has_a_program_a_corpus_of_some_size_and_a_test() {
    assert_eq!(PLAYED, TARGETS.map(|(name, _)| name));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let names = |folder: &str, ending: &str, base: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(base.join(folder)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
        names.sort();
        names
    };
    assert_eq!(names("fuzz_targets", ".rs", &folder), PLAYED);
    assert_eq!(names("corpus", ".txt", &folder), PLAYED);
    let sizes = PLAYED.iter().map(|target| std::fs::metadata(corpus(target)).expect("a file").len());
    let bytes: u64 = sizes.sum();
    assert!(bytes <= CORPORA_BYTES_MAX, "{bytes} bytes of corpora: run .ci/fuzz --keep");
    let script = std::fs::read_to_string(folder.join("../.ci/fuzz")).expect("text");
    for target in PLAYED {
        assert!(script.contains(&format!("\"{target}\"")), ".ci/fuzz knows {target}");
    }
}
