//! The watch of Stacks: one for each part of the scope, as changes for one store.

use std::{collections::HashSet, sync::Arc};

use futures::{Stream, StreamExt, stream};
use kube::{
    Client,
    runtime::{
        WatchStreamExt,
        reflector::Store,
        watcher::{self, Event},
    },
};

use super::{context::Context, watched::Watched};
use crate::{
    api::StackKey,
    cluster::{Listing, Part, Scope},
};

type Change = watcher::Result<Event<Watched>>;

/// Watches the Stacks of a scope.
///
/// A list of one part must not replace the Stacks of the other parts in the store, so each list becomes changes: the Stacks
/// that the list contains are applied, and those of its part that `store` has besides are deleted.
pub(super) fn changes(
    scope: &Scope,
    client: &Client,
    listing: Listing,
    store: Store<Watched>,
    context: Arc<Context>,
) -> impl Stream<Item = Change> + Send + 'static {
    let watches: Vec<_> = scope
        .parts()
        .into_iter()
        .map(|part| {
            let events = watcher::watcher(part.api(client.clone()), listing.config()).default_backoff();
            let mut list = List { part, listed: HashSet::new(), store: store.clone() };
            let context = Arc::clone(&context);
            let changes = move |event: Change| {
                match &event {
                    Ok(Event::Init) => context.forget_written(),
                    Ok(Event::InitDone) => context.keep(&list.part, &list.listed),
                    Ok(Event::Delete(stack)) => context.forget(&StackKey::of(stack)),
                    Ok(Event::InitApply(_) | Event::Apply(_)) | Err(_) => {}
                }
                stream::iter(list.changes(event))
            };
            events.flat_map(changes).boxed()
        })
        .collect();
    // A controller waits until its store has been listed once.
    stream::iter([Ok(Event::Init), Ok(Event::InitDone)]).chain(stream::select_all(watches))
}

/// The list of one part.
struct List {
    part: Part,
    /// The Stacks that the running list has contained so far.
    listed: HashSet<StackKey>,
    store: Store<Watched>,
}

impl List {
    fn changes(&mut self, event: Change) -> Vec<Change> {
        match event {
            Ok(Event::Init) => {
                self.listed.clear();
                Vec::new()
            }
            Ok(Event::InitApply(stack)) => {
                self.listed.insert(StackKey::of(&stack));
                vec![Ok(Event::Apply(stack))]
            }
            Ok(Event::InitDone) => {
                let listed = std::mem::take(&mut self.listed);
                let is_gone = |stack: &Arc<Watched>| {
                    let key = StackKey::of(stack.as_ref());
                    self.part.includes(&key.namespace) && !listed.contains(&key)
                };
                let gone = self.store.state().into_iter().filter(is_gone);
                gone.map(|stack| Ok(Event::Delete(stack.as_ref().clone()))).collect()
            }
            Ok(Event::Apply(_) | Event::Delete(_)) | Err(_) => vec![event],
        }
    }
}

#[cfg(test)]
mod tests {
    use kube::runtime::reflector;

    use super::{super::watched::tests::stack, *};

    #[test]
    fn a_list_of_one_namespace_deletes_what_is_gone_there_and_keeps_the_stacks_of_another() {
        let (store, mut writer) = reflector::store();
        let parts = ["a", "b"].map(str::to_owned).into_iter().collect::<Scope>().parts();
        let mut lists: Vec<_> = parts
            .into_iter()
            .map(|part| List { part, listed: HashSet::new(), store: store.clone() })
            .collect();
        let mut feed = |of: usize, event| {
            for change in lists[of].changes(Ok(event)) {
                writer.apply_watcher_event(&change.unwrap());
            }
            let mut names: Vec<_> = store
                .state()
                .iter()
                .map(|stack| StackKey::of(stack.as_ref()))
                .map(|key| format!("{}/{}", key.namespace, key.name))
                .collect();
            names.sort_unstable();
            names.join(" ")
        };
        // Both namespaces are listed at the same time.
        feed(0, Event::Init);
        feed(1, Event::Init);
        feed(0, Event::InitApply(stack("a", "one")));
        feed(0, Event::InitApply(stack("a", "two")));
        feed(1, Event::InitApply(stack("b", "one")));
        feed(0, Event::InitDone);
        assert_eq!(feed(1, Event::InitDone), "a/one a/two b/one");
        // The first watch lists again. A Stack was deleted in the meantime.
        feed(0, Event::Init);
        assert_eq!(feed(0, Event::InitApply(stack("a", "two"))), "a/one a/two b/one");
        assert_eq!(feed(0, Event::InitDone), "a/two b/one");
        assert_eq!(feed(1, Event::Delete(stack("b", "one"))), "a/two");
    }
}
