//! Files of the host, by size and kind.

use compose_loader::{FileKind, Files, Input, MemoryFiles, Request, load};
use stackwright::convert::{Converted, Folders, Options, convert};

/// Files in memory. A name can say that the file is a FIFO or unreadable.
struct Odd(MemoryFiles);

impl Files for Odd {
    fn kind(&self, path: &str) -> Option<FileKind> {
        if path.ends_with(".fifo") { Some(FileKind::Other) } else { self.0.kind(path) }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        assert!(!path.ends_with(".fifo"), "a FIFO was opened");
        if path.ends_with(".locked") { Err("permission denied".to_owned()) } else { self.0.read(path) }
    }
}

impl Folders for Odd {
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        self.0.list(path)
    }

    fn mode(&self, path: &str) -> u32 {
        self.0.mode(path)
    }
}

/// Builds a service that mounts `/p/files` with files of these names and sizes.
fn mounted(sizes: &[(&str, usize)]) -> Converted {
    let mut memory = MemoryFiles::default();
    let text = "name: p\nservices: {web: {image: 'a:1', volumes: ['./files:/files:ro']}}\n";
    memory.add("/p/compose.yaml", text);
    for (name, size) in sizes {
        memory.add(format!("/p/files/{name}"), vec![b'x'; *size]);
    }
    let files = Odd(memory);
    let request = Request {
        files: vec![Input { path: "/p/compose.yaml".to_owned(), text: None }],
        working_dir: "/p".to_owned(),
        ..Request::default()
    };
    convert(&load(&request, &files).project.unwrap(), &files, &Options::default())
}

fn refusal(converted: &Converted) -> String {
    let refused: Vec<_> = converted.refused(&[]).map(|entry| entry.reason()).collect();
    assert_eq!(refused.len(), 1, "{refused:?}");
    refused.concat()
}

const KIB: usize = 1 << 10;

#[test]
fn files_up_to_900_kib_keep_their_content() {
    for size in [0, 1, 255 * KIB, 900 * KIB] {
        let converted = mounted(&[("one", size)]);
        assert_eq!(converted.refused(&[]).count(), 0, "{size}");
        assert_eq!(converted.objects.config_maps["p-files-files"]["one"].len(), size);
    }
}

#[test]
fn a_folder_that_is_too_large_for_one_object_is_split() {
    let converted = mounted(&[("a", 600 * KIB), ("b", 600 * KIB), ("c", 300 * KIB)]);
    let objects = &converted.objects.config_maps;
    let sizes: Vec<usize> = objects.values().map(|data| data.values().map(Vec::len).sum()).collect();
    assert_eq!(sizes, [600 * KIB, 900 * KIB]);
    let files = &converted.stack.spec.services["web"].files[0].files;
    let places = files.iter().map(|file| file.config_map_key_ref.as_ref().unwrap().name.as_str());
    assert_eq!(places.collect::<Vec<_>>(), ["p-files-files", "p-files-files-2", "p-files-files-2"]);
}

#[test]
fn a_file_that_is_too_large_is_refused_with_its_size() {
    let reason = refusal(&mounted(&[("small", 1), ("large", 900 * KIB + 1)]));
    assert!(reason.contains("921602 bytes in total, 921601 in 'large', 1 in 'small'"), "{reason}");
}

#[test]
fn a_folder_that_is_too_large_is_refused_with_the_largest_files() {
    let names: Vec<String> = (0..11).map(|number| format!("f{number:02}")).collect();
    let sizes: Vec<_> = names.iter().enumerate().map(|(i, name)| (name.as_str(), (800 + i) * KIB)).collect();
    let reason = refusal(&mounted(&sizes));
    assert!(reason.contains("829440 in 'f10', 828416 in 'f09', 827392 in 'f08'"), "{reason}");
    let many: Vec<String> = (0..1001).map(|number| format!("f{number}")).collect();
    let reason = refusal(&mounted(&many.iter().map(|name| (name.as_str(), 1)).collect::<Vec<_>>()));
    assert!(reason.contains("more than 1000 files"), "{reason}");
}

#[test]
fn unreadable_files_are_refused_and_a_fifo_is_never_opened() {
    let reason = refusal(&mounted(&[("a", 1), ("pipe.fifo", 0)]));
    assert!(reason.contains("'pipe.fifo' is not a regular file"), "{reason}");
    let reason = refusal(&mounted(&[("a", 1), ("b.locked", 1)]));
    assert!(reason.contains("'b.locked' permission denied"), "{reason}");
}

#[test]
fn a_key_is_recognized_by_name_or_content() {
    let converted = mounted(&[("conf/site.conf", 10), ("tls.key", 10), ("ca.der", 10), ("id_ed25519", 10)]);
    let keys = |data: &std::collections::BTreeMap<String, Vec<u8>>| data.keys().cloned().collect::<Vec<_>>();
    assert_eq!(converted.objects.config_maps["p-files-files"].len(), 1);
    assert_eq!(keys(&converted.objects.secrets["p-files-files"]), ["ca.der", "id_ed25519", "tls.key"]);
}
