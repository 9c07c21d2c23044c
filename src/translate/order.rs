//! An order in which everything comes after what it needs.

use std::collections::BTreeMap;

/// Names in order, and the circles that no order can satisfy.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Order<'a> {
    /// Every name once; what a name needs stands before it, but for circles.
    pub names: Vec<&'a str>,
    /// Each circle as its chain, the first name repeated at the end: `a b a`.
    pub cycles: Vec<Vec<&'a str>>,
}

/// Orders the keys of `needs` by what each of them needs; names that are no key are passed over.
/// Where several orders would do, names come as in the alphabet.
pub(super) fn order<'a>(needs: &BTreeMap<&'a str, Vec<&'a str>>) -> Order<'a> {
    let mut walk = Walk { needs, done: BTreeMap::new(), chain: Vec::new(), found: Order::default() };
    for name in needs.keys() {
        walk.visit(name);
    }
    walk.found
}

struct Walk<'w, 'a> {
    needs: &'w BTreeMap<&'a str, Vec<&'a str>>,
    /// The names that were met; true once they stand in the order.
    done: BTreeMap<&'a str, bool>,
    chain: Vec<&'a str>,
    found: Order<'a>,
}

impl<'a> Walk<'_, 'a> {
    fn visit(&mut self, name: &'a str) {
        let Some(needs) = self.needs.get(name) else { return };
        match self.done.get(name) {
            Some(true) => return,
            Some(false) => {
                let start = self.chain.iter().position(|&n| n == name).unwrap_or_default();
                let cycle = self.chain[start..].iter().copied().chain([name]).collect();
                self.found.cycles.push(cycle);
                return;
            }
            None => {}
        }
        self.done.insert(name, false);
        self.chain.push(name);
        for need in needs {
            self.visit(need);
        }
        self.chain.pop();
        self.done.insert(name, true);
        self.found.names.push(name);
    }
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
}
