//! Builder of the init containers of the helper, which is Stackwright itself.
//!
//! Files of the Stack are written into volumes before seeding, so a volume with such files is not seeded.
//!
//! To seed a volume, a container of the image must copy the files, and the image can lack a shell. So a container of the
//! helper image copies its static binary into a volume of the Pod, and a container of the service's image runs the binary.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, EmptyDirVolumeSource, PodSpec, SecurityContext, Volume, VolumeMount,
};
use serde_json::Value;

use super::edition::Edition;
use crate::{
    text::names::pod_volume,
    translate::resolve::{
        CONTENT, Command, Copied, HelperTasks, OpenedFolder, Owner, ProjectFiles, ResolvedService, is_shell,
    },
};

/// The placeholder of the helper image until the template is hashed, so that a new version of the helper does not change
/// the hash. It is not a valid name of an image.
const IMAGE: &str = "(helper)";

/// The volume of the Pod with the binary of the helper. Names of other volumes have a hyphen.
pub(super) const BINARY: &str = "helper";

/// The path of the binary in containers.
pub(super) const PROGRAM: &str = "/.stackwright/helper/stackwright";

/// The subcommands of the helper.
pub(super) const HELPER: &str = "helper";
const PREPARES: &str = "prepare";

/// The names start with a digit, so they differ from names of services.
const PREPARE: &str = "0-prepare";
const SEED: &str = "1-seed";

/// Returns the files to copy.
fn copies(tasks: &HelperTasks, edition: Edition) -> impl Iterator<Item = &Copied> {
    tasks.copies.iter().filter(move |it| !it.is_private || edition.copies_private_files())
}

/// Returns the volumes into which files are written, or from which earlier files are removed.
fn project_files(tasks: &HelperTasks, edition: Edition) -> impl Iterator<Item = &ProjectFiles> {
    tasks.project_files.iter().filter(move |it| it.has_any() || edition.records_files())
}

/// Reports whether the helper changes mounts of the container, apart from new volumes.
pub(super) fn shapes_mounts(tasks: &HelperTasks, edition: Edition) -> bool {
    let is_copied = copies(tasks, edition).next().is_some();
    is_copied || !tasks.modes.is_empty() || tasks.project_files.iter().any(ProjectFiles::has_any)
}

/// Reports whether the helper runs a hook of the service, in its container or before.
fn runs_hooks(service: &ResolvedService<'_>) -> bool {
    let before = service.own.hooks_before.iter().any(|hook| !is_shell(&hook.spec.command));
    before || runs_hooks_in_container(service)
}

/// Reports whether the helper runs a hook in the container of the service.
fn runs_hooks_in_container(service: &ResolvedService<'_>) -> bool {
    service.shutdown.post_start.as_ref().is_some_and(Command::needs_helper)
}

/// Adds the init containers, and mounts copies and, for hooks, the program in the container of the service.
pub(super) fn add(spec: &mut PodSpec, service: &ResolvedService<'_>, edition: Edition) {
    let tasks = &service.own.mounts.tasks;
    let runs_hooks = edition.lets_hooks_fail() && runs_hooks(service);
    let opens = edition.opens_folders() && !tasks.opened.is_empty();
    if tasks.seeds.is_empty() && !shapes_mounts(tasks, edition) && !runs_hooks && !opens {
        return;
    }
    let Some(container) = spec.containers.iter_mut().find(|container| container.name == service.own.name)
    else {
        return;
    };
    let volumes = spec.volumes.get_or_insert_default();
    let installs = runs_hooks || !tasks.seeds.is_empty();
    let mut init = vec![prepare(tasks, installs, edition)];
    for copied in copies(tasks, edition) {
        // Programs that run before the service see the same files.
        for container in spec.init_containers.iter_mut().flatten().chain([&mut *container]) {
            see_copy(container, copied);
        }
        volumes.push(copy_volume(copied));
    }
    volumes.extend(tasks.project_files.iter().filter_map(|project| project.files.clone()));
    if installs {
        volumes.push(empty_dir(BINARY, None));
    }
    if !tasks.seeds.is_empty() {
        init.push(seed(container, tasks));
    }
    if runs_hooks && runs_hooks_in_container(service) {
        container.volume_mounts.get_or_insert_default().push(program());
    }
    volumes.sort_by(|a, b| a.name.cmp(&b.name));
    let others = spec.init_containers.take().into_iter().flatten();
    spec.init_containers = Some(init.into_iter().chain(others).collect());
}

/// Replaces the placeholder by the helper image.
pub(super) fn set_image(spec: &mut PodSpec, image: &str) {
    let init = spec.init_containers.iter_mut().flatten();
    for container in init.filter(|container| container.image.as_deref() == Some(IMAGE)) {
        container.image = Some(image.to_owned());
    }
}

/// Returns the helper image of a Pod template, which is JSON.
pub fn helper_image(template: &Value) -> Option<String> {
    let init = template.pointer("/spec/initContainers")?.as_array()?;
    let helper = init.iter().find(|container| {
        let first = |at: usize| container["args"][at].as_str();
        (first(0), first(1)) == (Some(HELPER), Some(PREPARES))
    })?;
    helper["image"].as_str().map(str::to_owned)
}

fn prepare(tasks: &HelperTasks, installs: bool, edition: Edition) -> Container {
    let mut mounts = BTreeMap::new();
    let mut arguments = vec![HELPER.to_owned(), PREPARES.to_owned()];
    if installs {
        mounts.insert(BINARY.to_owned(), mount(BINARY));
        arguments.push(format!("--install={}", place(BINARY)));
    }
    for copied in copies(tasks, edition) {
        let to = copy_name(copied);
        let content = if copied.is_file { format!("/{CONTENT}") } else { String::new() };
        let is_given = edition.gives_copies() || !copied.is_writable;
        let owner = owner(if is_given { copied.owner } else { Some(Owner::ROOT) });
        arguments.push(format!("--copy={}{content}:{}{content}:{owner}", place(&copied.volume), place(&to)));
        mounts.insert(copied.volume.clone(), VolumeMount { read_only: Some(true), ..mount(&copied.volume) });
        mounts.insert(to.clone(), mount(&to));
    }
    for project in project_files(tasks, edition) {
        // Values of the Stack come last, because they can contain a colon.
        let owner = owner(if edition.records_files() { project.writers.owner } else { project.user });
        let from = project.files.as_ref().map_or_else(String::new, |files| place(&files.name));
        let root = place(&project.volume);
        let base = project.folder.as_deref();
        let record = match (edition.records_files(), project.writers.are_several) {
            (true, true) => format!("shared:{}:", project.name),
            (true, false) => format!(":{}:", project.name),
            (false, _) => String::new(),
        };
        arguments.push(format!("--lay={from}:{root}:{owner}:{record}{}", base.unwrap_or("")));
        arguments.extend(project.folders.iter().map(|folder| {
            let path = base.into_iter().chain([folder.as_str()]).collect::<Vec<_>>().join("/");
            format!("--folder={root}:{owner}:{path}")
        }));
        if let Some(files) = &project.files {
            mounts.insert(files.name.clone(), VolumeMount { read_only: Some(true), ..mount(&files.name) });
        }
        mounts.insert(project.volume.clone(), mount(&project.volume));
    }
    let has_files = |it: &OpenedFolder| {
        let mut all = project_files(tasks, edition);
        all.any(|files| files.volume == it.volume && files.folder.as_ref() == Some(&it.folder))
    };
    for opened in tasks.opened.iter().filter(|it| edition.opens_folders() && !has_files(it)) {
        arguments.push(format!("--folder={}:{}:{}", place(&opened.volume), owner(None), opened.folder));
        mounts.insert(opened.volume.clone(), mount(&opened.volume));
    }
    for folder in &tasks.modes {
        arguments.push(format!("--mode={}:{:o}", place(&folder.volume), folder.mode));
        mounts.insert(folder.volume.clone(), mount(&folder.volume));
    }
    Container {
        name: PREPARE.to_owned(),
        image: Some(IMAGE.to_owned()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        args: Some(arguments),
        volume_mounts: Some(mounts.into_values().collect()),
        security_context: Some(root()),
        ..Container::default()
    }
}

/// Returns an owner as two parts of an argument, which are empty if the owner is unknown.
fn owner(owner: Option<Owner>) -> String {
    owner.map_or_else(|| ":".to_owned(), |Owner { user, group }| format!("{user}:{group}"))
}

fn seed(container: &Container, tasks: &HelperTasks) -> Container {
    let mut mounts = BTreeMap::from([(BINARY, program())]);
    let mut command = vec![PROGRAM.to_owned(), HELPER.to_owned(), "seed".to_owned()];
    for seed in &tasks.seeds {
        // The folder comes last, because it can contain a colon.
        let folder = seed.folder.as_deref().unwrap_or("");
        command.push(format!("{}:{}:{folder}", seed.target, place(&seed.volume)));
        mounts.insert(&seed.volume, mount(&seed.volume));
    }
    Container {
        name: SEED.to_owned(),
        image: container.image.clone(),
        image_pull_policy: container.image_pull_policy.clone(),
        command: Some(command),
        volume_mounts: Some(mounts.into_values().collect()),
        security_context: Some(root()),
        ..Container::default()
    }
}

/// Returns the security context of the helper, which reads files of any owner, and sets owners and permission bits.
fn root() -> SecurityContext {
    let privileges = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"];
    SecurityContext {
        run_as_user: Some(0),
        run_as_group: Some(0),
        run_as_non_root: Some(false),
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities {
            add: Some(privileges.map(str::to_owned).to_vec()),
            drop: Some(vec!["ALL".to_owned()]),
        }),
        ..SecurityContext::default()
    }
}

fn see_copy(container: &mut Container, copied: &Copied) {
    let mounts = container.volume_mounts.iter_mut().flatten();
    for mount in mounts.filter(|mount| mount.mount_path == copied.target) {
        mount.name = copy_name(copied);
        mount.read_only = (!copied.is_writable).then_some(true);
    }
}

fn copy_name(copied: &Copied) -> String {
    pod_volume("copy", &copied.target)
}

fn copy_volume(copied: &Copied) -> Volume {
    empty_dir(&copy_name(copied), copied.is_secret.then(|| "Memory".to_owned()))
}

fn empty_dir(name: &str, medium: Option<String>) -> Volume {
    Volume {
        name: name.to_owned(),
        empty_dir: Some(EmptyDirVolumeSource { medium, size_limit: None }),
        ..Volume::default()
    }
}

/// Returns the path at which an init container mounts a volume. It is below a reserved folder, so it hides no file of an image.
fn place(volume: &str) -> String {
    format!("/.stackwright/{volume}")
}

/// Returns the mount of the binary of the helper.
pub(super) fn program() -> VolumeMount {
    VolumeMount { read_only: Some(true), ..mount(BINARY) }
}

fn mount(volume: &str) -> VolumeMount {
    VolumeMount { name: volume.to_owned(), mount_path: place(volume), ..VolumeMount::default() }
}
