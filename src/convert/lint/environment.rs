//! Variables without a value.

use super::texts::variables;
use crate::convert::context::Context;
use crate::convert::secrecy::unfilled;
use crate::rules;

pub fn lint(context: &Context<'_>) {
    for text in variables(context).iter().filter(|text| text.node.is_null()) {
        text.remark(context, &rules::UNSET_PASSED_VARIABLE, "");
    }
    for text in variables(context) {
        let mut names: Vec<&str> = unfilled(text.node).map(|part| &*part.variable).collect();
        names.dedup();
        if !names.is_empty() {
            text.remark(context, &rules::EMPTY_SECRET, format!("'{}'", names.join("', '")));
        }
    }
}
