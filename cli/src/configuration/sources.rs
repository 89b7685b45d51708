//! The files that make a configuration: one, or all of a folder.
//!
//! Of a folder every `*.yaml` and `*.yml` counts, also in its folders, in the order of their paths. What is hidden does not:
//! an editor's copy of a file must not load beside it.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Mistake;
use super::limits::{FILE_BYTES_MAX, FILES_MAX, FOLDERS_DEEP_MAX};
use super::without_mark;

/// The texts of a configuration. Places name them by their number.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Of a folder, the first one is the folder itself, which has no text.
    files: Vec<Source>,
    is_folder: bool,
}

#[derive(Debug)]
struct Source {
    name: String,
    text: String,
    /// Why there is no text.
    wrong: Option<(String, &'static str)>,
}

impl Sources {
    /// One text; `name` stands in messages.
    pub(crate) fn text(name: &str, text: &str) -> Self {
        Self { files: vec![Source::of_text(name.to_owned(), text)], is_folder: false }
    }

    /// One file as bytes.
    pub(crate) fn bytes(name: &str, bytes: &[u8]) -> Self {
        Self { files: vec![Source::of_bytes(name.to_owned(), bytes)], is_folder: false }
    }

    /// Reads a file, or every file of a folder.
    pub(crate) fn read(path: &Path) -> Self {
        if !path.is_dir() {
            return Self { files: vec![Source::read(path)], is_folder: false };
        }
        let mut folder = Source::of_text(path.display().to_string(), "");
        let mut found = Vec::new();
        folder.wrong = match collect(path, 0, &mut found) {
            Err(wrong) => Some(wrong),
            Ok(()) if found.is_empty() => {
                let message = "the folder has no configuration files: their names end with .yaml or .yml".to_owned();
                Some((message, "check the path, or put a file into it; examples/minimal.yaml shows how"))
            }
            Ok(()) => None,
        };
        found.sort();
        let files = [folder].into_iter().chain(found.iter().map(|file| Source::read(file))).collect();
        Self { files, is_folder: true }
    }

    /// Whether it is a folder, whose files share the sections.
    pub(crate) fn is_folder(&self) -> bool {
        self.is_folder
    }

    /// The texts that could be read, each with the number of its file.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (usize, &str)> {
        let files = self.files.iter().enumerate().skip(usize::from(self.is_folder));
        files.filter(|(_, source)| source.wrong.is_none()).map(|(file, source)| (file, source.text.as_str()))
    }

    /// Why files could not be read.
    pub(crate) fn unreadable(&self) -> impl Iterator<Item = Mistake> {
        self.files.iter().enumerate().filter_map(|(file, source)| {
            let (message, remedy) = source.wrong.as_ref()?;
            Some(Mistake::of_file(file, message.clone(), remedy))
        })
    }

    /// The names of all files, for messages.
    pub(crate) fn names(&self) -> Vec<String> {
        self.files.iter().map(|source| source.name.clone()).collect()
    }

    /// Names and texts, for whoever shows them later.
    pub(crate) fn named_texts(&self) -> Vec<(String, String)> {
        self.files.iter().map(|source| (source.name.clone(), source.text.clone())).collect()
    }

    /// Names and texts, for showing mistakes.
    pub(crate) fn shown(&self) -> Vec<(&str, &str)> {
        self.files.iter().map(|source| (source.name.as_str(), source.text.as_str())).collect()
    }
}

impl Source {
    fn read(path: &Path) -> Self {
        let name = path.display().to_string();
        match fs::read(path) {
            Ok(bytes) => Self::of_bytes(name, &bytes),
            Err(error) => {
                let wrong = (format!("the file cannot be read: {error}"), "check the path, and that you may read it");
                Self { name, text: String::new(), wrong: Some(wrong) }
            }
        }
    }

    fn of_bytes(name: String, bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::of_text(name, text),
            Err(error) => {
                let message = format!("the file is not UTF-8 text: byte {} is not", error.valid_up_to());
                Self { name, text: String::new(), wrong: Some((message, "save it as UTF-8")) }
            }
        }
    }

    fn of_text(name: String, text: &str) -> Self {
        let wrong = (text.len() > FILE_BYTES_MAX).then(|| {
            let message =
                format!("the file has {} bytes, and the limit is {FILE_BYTES_MAX} (FILE_BYTES_MAX)", text.len());
            (message, "check that it is the right file; a folder of several files has room for more")
        });
        Self { name, text: without_mark(text).to_owned(), wrong }
    }
}

/// Why a folder cannot be gone through.
type Wrong = (String, &'static str);

/// Every configuration file of a folder and its folders.
fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Wrong> {
    let refused = |error: std::io::Error| {
        let message = format!("the folder {} cannot be read: {error}", folder.display());
        (message, "check the path, and that you may read it")
    };
    if depth > FOLDERS_DEEP_MAX {
        let message =
            format!("the folders go more than {FOLDERS_DEEP_MAX} deep (FOLDERS_DEEP_MAX), to {}", folder.display());
        return Err((message, "check that it is the right folder, and that no link leads back into it"));
    }
    for entry in fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(&path, depth + 1, found)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
        if found.len() > FILES_MAX {
            let message = format!("the folder has more than {FILES_MAX} configuration files (FILES_MAX)");
            return Err((message, "check that it is the right folder"));
        }
    }
    Ok(())
}
