//! The rules of the conversion.

mod addresses;
mod deploy;
mod files;
mod image;
mod jobs;
mod mistakes;
mod names;
mod network;
mod node;
mod operator;
mod process;
mod project;
mod secrets;
mod volumes;

pub use self::{
    addresses::*, deploy::*, files::*, image::*, jobs::*, mistakes::*, names::*, network::*, node::*,
    operator::*, process::*, project::*, secrets::*, volumes::*,
};

use super::Rule;

/// Iterates over all rules of the conversion.
pub(super) fn all() -> impl Iterator<Item = &'static Rule> {
    let lists = [
        ADDRESSES_IN_USE,
        API_SERVER,
        DEPLOY,
        FILES,
        IMAGE,
        JOBS,
        MISTAKES,
        NAMES,
        NETWORK,
        NODE,
        OPERATOR,
        PROCESS,
        PROJECT,
        SECRETS,
        VOLUMES,
    ];
    lists.into_iter().flatten().copied()
}

/// Declares the rules of one topic with the program that applies them, and the list of these rules. A rule consists of
/// name, id, alias, kind, attributes, title, reason, an optional remedy and, after `=>`, the example, or `none` with
/// the reason why there is none.
macro_rules! list {
    ($list:ident by $judge:ident:
        $($name:ident $id:literal $alias:literal $kind:ident [$($attribute:literal),* $(,)?]
        $title:literal, $reason:literal $(, $remedy:literal)? => $($example:literal)? $(none $why:literal)?;)+) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title, ".")]
            pub static $name: $crate::rules::Rule = $crate::rules::Rule {
                id: $id,
                alias: Some($alias),
                kind: $crate::rules::conversion::kind!($kind),
                judge: $crate::rules::Judge::$judge,
                attributes: &[$($attribute),*],
                title: $title,
                reason: $reason,
                remedy: $crate::rules::conversion::first!($(Some($remedy),)? None),
                example: $crate::rules::conversion::first!(
                    $(compose_loader::Example::Files($example),)?
                    $(compose_loader::Example::None($why),)?
                ),
            };
        )+
        pub(super) static $list: &[&$crate::rules::Rule] = &[$(&$name),+];
    };
}

macro_rules! kind {
    (Advice) => {
        $crate::rules::Kind::Advice
    };
    ($verdict:ident) => {
        $crate::rules::Kind::Verdict($crate::rules::Verdict::$verdict)
    };
}

macro_rules! first {
    ($first:expr $(, $rest:expr)* $(,)?) => {
        $first
    };
}
pub(crate) use {first, kind, list};
