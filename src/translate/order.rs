//! Topological order.

use std::collections::BTreeMap;

/// The order of names, and the circles.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Order<'a> {
    /// All names. A name comes after those that it needs, except in circles.
    pub names: Vec<&'a str>,
    /// The first circles, each as a chain that repeats its first name at the end: `a b a`.
    pub cycles: Vec<Vec<&'a str>>,
}

/// The maximum number of circles. Each is stored with its whole chain.
const MOST_CYCLES: usize = 20;

/// Orders the keys of `needs` by the names that each key needs. Names that are not keys are ignored. Of several possible
/// orders, it returns the alphabetical one.
pub(super) fn order<'a>(needs: &BTreeMap<&'a str, Vec<&'a str>>) -> Order<'a> {
    let mut found = Order::default();
    // The visited names: those in the chain with their position, and those that are already ordered.
    let mut met: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for name in needs.keys() {
        // The names from the first one to the current one, each with its remaining needs.
        let mut chain: Vec<(&str, std::slice::Iter<'_, &str>)> = Vec::new();
        let mut next = Some(*name);
        loop {
            if let Some((name, needs)) = next.take().and_then(|name| needs.get_key_value(name)) {
                match met.get(name) {
                    None => {
                        met.insert(name, Some(chain.len()));
                        chain.push((name, needs.iter()));
                    }
                    Some(Some(start)) if found.cycles.len() < MOST_CYCLES => {
                        let circle = chain.iter().skip(*start).map(|(name, _)| *name);
                        found.cycles.push(circle.chain([*name]).collect());
                    }
                    Some(_) => {}
                }
            }
            let Some((name, needs)) = chain.last_mut() else { break };
            next = needs.next().copied();
            if next.is_none() {
                met.insert(name, None);
                found.names.push(name);
                chain.pop();
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needs: &[(&'static str, &[&'static str])]) -> Order<'static> {
        order(&needs.iter().map(|(name, needs)| (*name, needs.to_vec())).collect())
    }

    #[test]
    fn what_is_needed_comes_first() {
        let order = found(&[("api", &["db", "cache"]), ("cache", &[]), ("db", &["disk"]), ("disk", &[])]);
        assert_eq!(order.names, ["disk", "db", "cache", "api"]);
        assert!(order.cycles.is_empty());
    }

    #[test]
    fn an_unknown_name_is_passed_over() {
        assert_eq!(found(&[("a", &["ghost"])]).names, ["a"]);
    }

    #[test]
    fn every_circle_is_told_as_its_chain() {
        let order = found(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["d"])]);
        assert_eq!(order.cycles, [vec!["a", "b", "c", "a"], vec!["d", "d"]]);
    }

    #[test]
    fn a_long_chain_and_many_circles_take_no_deep_stack_and_no_long_time() {
        let names: Vec<String> = (0..20_000).map(|number| format!("{number:05}")).collect();
        let chain = |all: &[String]| -> usize {
            let needs = |at: usize| all.get(at + 1).map(String::as_str).into_iter().collect();
            order(&all.iter().enumerate().map(|(at, name)| (name.as_str(), needs(at))).collect()).names.len()
        };
        assert_eq!(chain(&names), 20_000);
        // Each name needs the first one, as one circle each.
        let circles: BTreeMap<&str, Vec<&str>> =
            names.windows(2).map(|two| (two[0].as_str(), vec![two[1].as_str(), names[0].as_str()])).collect();
        assert_eq!(order(&circles).cycles.len(), MOST_CYCLES);
    }
}
