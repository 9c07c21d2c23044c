//! Addresses for browsers and other clients outside the cluster.

use std::collections::BTreeSet;

use super::texts::{is_local, variables};
use crate::api::StackSpec;
use crate::convert::context::Context;
use crate::rules;
use crate::text::addresses::addresses;

/// Prefixes of the variables of web build tools, whose values end up in browsers.
const BROWSER: [&str; 10] = [
    "EXPO_PUBLIC_",
    "GATSBY_",
    "NEXT_PUBLIC_",
    "NG_APP_",
    "NUXT_PUBLIC_",
    "PUBLIC_",
    "REACT_APP_",
    "STORYBOOK_",
    "VITE_",
    "VUE_APP_",
];
/// Suffixes of variables with the public address of a program.
const OWN_ADDRESS: [&str; 16] = [
    "ADVERTISED_LISTENERS",
    "ADVERTISED_HOST_NAME",
    "APP_URL",
    "AUTH_URL",
    "CALLBACK_URL",
    "DOMAIN",
    "EXTERNAL_URL",
    "FRONTEND_URL",
    "PUBLIC_URL",
    "REDIRECT_URI",
    "REDIRECT_URL",
    "ROOT_URL",
    "SERVER_URL",
    "SITE_URL",
    "WEBHOOK_URL",
    "WEB_URL",
];
/// Parts of variables with the sites that can call a program.
const CALLERS: [&str; 3] = ["ALLOWED_ORIGIN", "CORS_ORIGIN", "TRUSTED_ORIGIN"];

pub fn lint(context: &Context<'_>, spec: &StackSpec) {
    let rules = spec.services.values().flat_map(|service| &service.ingress);
    let hosts: BTreeSet<&str> = rules.filter_map(|rule| rule.host.as_deref()).collect();
    for text in variables(context) {
        let Some(name) = text.variable else { continue };
        let secret = context.secrecy.holds_secret(text.node);
        let browser = is_for_browsers(name);
        for address in addresses(text.text()) {
            if is_local(address.host) && address.host != "0.0.0.0" {
                if browser {
                    text.remark(context, &rules::BROWSER_LOCALHOST, "");
                } else if is_read_outside(name) {
                    text.remark(context, &rules::PUBLIC_LOCALHOST, "");
                }
            } else if browser && address.port.is_some() && context.names.is_service(address.host) {
                text.remark(context, &rules::BROWSER_SERVICE_NAME, "");
            } else if !secret
                && is_own_address(name)
                && is_public_name(address.host)
                && text.text().contains("://")
                && !hosts.iter().any(|host| covers(host, address.host))
            {
                text.remark(context, &rules::MISSING_INGRESS, format!("'{}'", address.host));
            }
        }
    }
}

/// Reports whether clients outside the cluster read the value of a variable.
pub fn is_read_outside(name: &str) -> bool {
    is_for_browsers(name) || is_own_address(name) || CALLERS.iter().any(|part| name.contains(part))
}

fn is_for_browsers(name: &str) -> bool {
    BROWSER.iter().any(|start| name.starts_with(start))
}

fn is_own_address(name: &str) -> bool {
    OWN_ADDRESS.iter().any(|end| name.ends_with(end))
}

/// Reports whether a host is a name of the public DNS.
fn is_public_name(host: &str) -> bool {
    let top = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && top.len() > 1 && top.chars().all(|c| c.is_ascii_alphabetic())
}

fn covers(rule: &str, host: &str) -> bool {
    rule == host || rule.strip_prefix('*').is_some_and(|domain| host.ends_with(domain))
}
