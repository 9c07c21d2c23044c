//! Variables that are passed on and have no value.

use super::variables;
use crate::convert::catalogue;
use crate::convert::context::Context;

pub fn lint(context: &Context<'_>) {
    for text in variables(context).iter().filter(|text| text.node.is_null()) {
        text.remark(context, &catalogue::PASSED_ON_UNSET, "");
    }
}
