//! Templates of Swarm, such as `{{.Task.Slot}}`.

use compose_loader::Node;

use super::texts::variables;
use crate::convert::context::{Context, texts_at};
use crate::convert::reader::pointer;
use crate::rules;

/// The attributes in which Swarm replaces templates, besides variables.
const TEMPLATED: [&str; 4] = ["hostname", "volumes", "labels", "deploy"];

pub fn lint(context: &Context<'_>) {
    for text in variables(context) {
        if let Some(found) = template(text.text()) {
            text.remark(context, &rules::SWARM_TEMPLATE, found.to_owned() + instead(found));
        }
    }
    for (service, node) in context.project.services() {
        for (key, node) in TEMPLATED.iter().filter_map(|key| Some((key, node.get(key)?))) {
            texts_at(node, &pointer(["services", service, key]), &mut |text, node: &Node, at| {
                if let Some(found) = template(text) {
                    context.log.remark(
                        &rules::SWARM_TEMPLATE,
                        at,
                        node.place,
                        found.to_owned() + instead(found),
                    );
                }
            });
        }
    }
}

/// Returns the text between the braces of the first template.
fn template(text: &str) -> Option<&str> {
    let parts = text.split("{{").skip(1).filter_map(|part| Some(part.split_once("}}")?.0.trim()));
    let mut parts = parts.filter(|part| part.split(' ').any(is_field));
    parts.next()
}

fn is_field(word: &str) -> bool {
    [".Service.", ".Node.", ".Task."].iter().any(|start| word.starts_with(start))
}

/// Returns the counterpart of a template on a cluster.
fn instead(template: &str) -> &'static str {
    if template.contains(".Task.Slot") || template.contains(".Task.Name") {
        ": the Pod names of a service with its own volume end in -0, -1 and so on, so a shell gets the number from ${HOSTNAME##*-}"
    } else if template.contains(".Task.") {
        ": the name of the Pod is unique too"
    } else if template.contains(".Service.") {
        ": the service name is the same in all containers of the service"
    } else {
        ": a container does not know the name of its node. With network_mode: host its host name is the name of the node"
    }
}

#[cfg(test)]
mod tests {
    use super::template;

    #[test]
    fn only_templates_of_swarm_are_found() {
        for (text, expected) in [
            ("{{.Task.Slot}}", Some(".Task.Slot")),
            ("worker-{{ .Task.Slot }}.{{.Node.Hostname}}", Some(".Task.Slot")),
            ("{{index .Service.Labels \"tier\"}}", Some("index .Service.Labels")),
            ("{{.Name}} {{ .Values.Service.x }} {{ json . }}", None),
            ("{{.Task.Slot", None),
            ("Task.Slot", None),
            ("", None),
        ] {
            assert_eq!(template(text).map(|found| found.trim_end_matches(" \"tier\"")), expected, "{text}");
        }
    }
}
