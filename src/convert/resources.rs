//! Networks, configs and secrets of the project.

use super::context::Context;
use super::files::{config_file, is_secret, secret_file};
use super::names::{key, label};
use super::reader::{Section, Value};
use super::secrecy::looks_secret;
use super::settings;
use crate::api::{Config, KeyRef, Network, Secret, StackSpec};
use crate::rules;
use crate::text::names::object_name;

/// Converts a network.
pub fn network(context: &Context<'_>, name: &str, mut section: Section<'_>, spec: &mut StackSpec) {
    let external = section.bool("external") == Some(true);
    let internal = section.bool("internal").filter(|internal| *internal);
    let own = format!("{}_{name}", context.project.name);
    let shared = section.text("name").filter(|shared| external || *shared != own);
    if let Some(driver) = section.take("driver") {
        let ordinary = matches!(driver.peek_text(), Some("bridge" | "overlay" | "default" | "") | None);
        driver.judged(if ordinary { &rules::NETWORK_DRIVER } else { &rules::HOST_NETWORK_DRIVER });
    }
    section.always(&["ipam"]);
    let chosen = settings::network(&mut section);
    section.rest();
    let made = Network { internal, shared_name: chosen.or(shared) };
    if name != "default" || made != Network::default() {
        spec.networks.insert(name.to_owned(), made);
    }
}

/// Converts a secret into a key of a Secret.
pub fn secret(context: &mut Context<'_>, name: &str, mut section: Section<'_>) {
    if let Some(external) = external(context, &mut section, name) {
        section.rest();
        context.secrets.insert(name.to_owned(), Secret { secret: external });
        return;
    }
    let content = if let Some(file) = section.take("file") {
        secret_file(context, file)
    } else if let Some(variable) = section.take("environment") {
        of_variable(context, variable).map(String::into_bytes)
    } else {
        None
    };
    section.rest();
    if let Some(content) = content {
        insert_secret(context, name, content, format!("secret-{name}"));
    }
}

/// Converts a config into a text of the Stack or a key of a ConfigMap, or into a key of a Secret if it contains a
/// secret.
pub fn config(context: &mut Context<'_>, name: &str, mut section: Section<'_>) {
    if let Some(external) = external(context, &mut section, name) {
        section.rest();
        let made = Config { content: None, config_map: Some(external) };
        context.configs.insert(name.to_owned(), made);
        return;
    }
    let mut secret = false;
    let content = if let Some(file) = section.take("file") {
        config_file(context, file).map(|content| {
            secret = content.is_foreign;
            content.bytes
        })
    } else if let Some(variable) = section.take("environment") {
        secret = variable.peek_text().is_some_and(looks_secret);
        of_variable(context, variable).map(String::into_bytes)
    } else if let Some(value) = section.take("content") {
        secret = context.secrecy.holds_secret(value.peek());
        let node = if secret { value.judged(&rules::SECRET_VALUE) } else { value.mapped() };
        Some(node.value.to_string().into_bytes())
    } else {
        None
    };
    section.rest();
    let Some(content) = content else { return };
    if secret || is_secret(context, name, &content) {
        let free = |name: &str| context.project.resource("secrets", name).is_none();
        let own = if free(name) { name.to_owned() } else { format!("config-{name}") };
        insert_secret(context, &own, content, format!("config-{name}"));
        context.secret_configs.insert(name.to_owned(), own);
        return;
    }
    let object = object_name(&context.names.stack, &label(&format!("config-{name}"), "config"));
    let key = key(name);
    context.objects.config(&object, &key, content);
    let reference = KeyRef { name: object, key };
    context.configs.insert(name.to_owned(), Config { content: None, config_map: Some(reference) });
}

fn insert_secret(context: &mut Context<'_>, name: &str, content: Vec<u8>, part: String) {
    let object = object_name(&context.names.stack, &label(&part, "secret"));
    let key = key(name);
    context.objects.secret(&object, &key, content);
    context.secrets.insert(name.to_owned(), Secret { secret: KeyRef { name: object, key } });
}

/// Returns the reference to an existing object. Its key is the name in the project.
fn external(context: &Context<'_>, section: &mut Section<'_>, name: &str) -> Option<KeyRef> {
    let external = section.bool("external") == Some(true);
    let value = section.take("name");
    if !external {
        if let Some(value) = value {
            if value.peek_text() == Some(&format!("{}_{name}", context.project.name)) {
                value.mapped();
            } else {
                value.judged(&rules::SECRET_NAME);
            }
        }
        return None;
    }
    let object =
        value.and_then(|value| value.text_judged(&rules::EXTERNAL_SECRET)).unwrap_or_else(|| name.to_owned());
    // Names of Secrets can have dots, unlike names of Services.
    let fits = |part: &str| label(part, "") == part;
    let object = if object.split('.').all(fits) { object } else { label(&object, "external") };
    Some(KeyRef { name: object, key: key(name) })
}

fn of_variable(context: &Context<'_>, variable: Value<'_>) -> Option<String> {
    let name = variable.peek_text().unwrap_or_default();
    let value = context.project.environment.text(name);
    if value.is_some() {
        variable.mapped()
    } else {
        variable.judged(&rules::SECRET_OF_UNSET_VARIABLE)
    };
    value.map(str::to_owned)
}
