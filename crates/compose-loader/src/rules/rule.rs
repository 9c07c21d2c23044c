//! A rule, and the notation of the lists of rules.

use super::example::Example;

/// The severity of a diagnostic. Errors order before warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The project cannot be loaded.
    Error,
    /// The project is loaded, but probably contains a mistake.
    Warning,
}

/// A rule that a project can break.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The stable id, such as `undefined-network`.
    pub id: &'static str,
    /// The severity of its diagnostics.
    pub severity: Severity,
    /// The name of the mistake.
    pub title: &'static str,
    /// What the rule says, and why.
    pub explanation: &'static str,
    /// What the user can do in general. A diagnostic can have a more specific remedy.
    pub remedy: Option<&'static str>,
    /// A project that breaks the rule.
    pub example: Example,
}

/// Declares the rules of one topic, and the list of these rules. A rule consists of name, id, severity, title,
/// explanation, an optional remedy and, after `=>`, the example, or `none` with the reason why there is none.
macro_rules! list {
    ($list:ident: $($name:ident $id:literal $severity:ident
        $title:literal, $explanation:literal $(, $remedy:literal)? => $($example:literal)? $(none $reason:literal)?;)+) => {
        $(
            #[doc = concat!("`", $id, "`: ", $title, ".")]
            pub(crate) static $name: $crate::rules::rule::Rule = $crate::rules::rule::Rule {
                id: $id,
                severity: $crate::rules::rule::Severity::$severity,
                title: $title,
                explanation: $explanation,
                remedy: $crate::rules::rule::first!($(Some($remedy),)? None),
                example: $crate::rules::rule::first!(
                    $($crate::rules::example::Example::Files($example),)?
                    $($crate::rules::example::Example::None($reason),)?
                ),
            };
        )+
        pub(crate) static $list: &[&$crate::rules::rule::Rule] = &[$(&$name),+];
    };
}

macro_rules! first {
    ($first:expr $(, $rest:expr)* $(,)?) => {
        $first
    };
}
pub(crate) use {first, list};
