//! Problems of services with several replicas.

use compose_loader::{FileKind, Node, paths::join};

use crate::api::StackSpec;
use crate::convert::context::Context;
use crate::convert::reader::pointer;
use crate::rules;

/// Commands that change the schema of a database.
const MIGRATIONS: [&str; 12] = [
    "alembic upgrade",
    "artisan migrate",
    "db push",
    "db upgrade",
    "db:migrate",
    "dbmate up",
    "flyway migrate",
    "liquibase update",
    "manage.py migrate",
    "migrate deploy",
    "migration:run",
    "run migrate",
];

pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    for (service, node) in context.project.services() {
        let made = spec.services.get(&context.names.service(service));
        let replicas = made.and_then(|made| made.deploy.as_ref()?.replicas).unwrap_or(1);
        if replicas < 2 {
            continue;
        }
        for key in ["entrypoint", "command"] {
            let Some(words) = node.get(key).filter(|words| migrates(context, node, words)) else { continue };
            let place = words.as_list().and_then(<[Node]>::first).map_or(words.place, |word| word.place);
            let at = pointer(["services", service, key]);
            context.log.remark(&rules::MIGRATION_RACE, &at, place, format!("{replicas} replicas"));
        }
    }
}

/// Reports whether a command changes the schema of a database, directly or with a script beside the Dockerfile.
fn migrates(context: &Context<'_>, service: &Node, words: &Node) -> bool {
    let words: Vec<&str> = words.as_list().unwrap_or_default().iter().filter_map(Node::as_str).collect();
    let folder = service.get("build").and_then(|build| build.str_at("context"));
    let script = |word: &&&str| word.ends_with(".sh") && !word.starts_with('/');
    let scripts = words.iter().filter(script).filter_map(|word| {
        let path = join(folder?, word);
        let bytes = context.files.kind(&path).filter(|kind| *kind == FileKind::File).map(|_| path)?;
        String::from_utf8(context.files.read(&bytes).ok()?).ok()
    });
    std::iter::once(words.join(" "))
        .chain(scripts)
        .any(|text| MIGRATIONS.iter().any(|word| text.contains(word)))
}
