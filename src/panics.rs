//! Panics: each ends only the work in which it happens.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook},
    sync::Once,
    task::Poll,
};

use crate::{
    api::StackKey,
    text::{clip::start, short_hash},
};

/// The error of work that panicked, which is a bug.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("internal error {id}, see the earlier log line with this id")]
pub(crate) struct Panicked {
    /// The id in the log. The same panic has the same id, so that a status with the id does not change.
    pub(crate) id: String,
}

/// Bytes of a panic's message in the log. A message can quote a text of any length.
const LONGEST_MESSAGE: usize = 1_000;

thread_local! {
    /// Whether this module catches a panic of the thread.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// The location of the last caught panic.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs work, and catches and logs its panic. `about` is the Stack in the log line.
pub(crate) fn catch_panic<T>(about: Option<&StackKey>, work: impl FnOnce() -> T) -> Result<T, Panicked> {
    install_hook();
    let outer = IS_CAUGHT.replace(true);
    // Only locks are shared with other work, and they are used even if poisoned.
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(outer);
    result.map_err(|panic| log(about, panic.as_ref()))
}

/// Awaits work, and catches and logs its panic.
pub(crate) async fn catch_panic_async<T>(
    about: Option<&StackKey>,
    work: impl Future<Output = T>,
) -> Result<T, Panicked> {
    let mut work = Box::pin(work);
    poll_fn(|context| match catch_panic(about, || work.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    })
    .await
}

fn log(about: Option<&StackKey>, panic: &(dyn Any + Send)) -> Panicked {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("a panic without a message");
    let message = start(message, LONGEST_MESSAGE);
    let place = PLACE.take().unwrap_or_else(|| "an unknown place".to_owned());
    let id = short_hash(&format!("{place}: {message}"));
    let (namespace, stack) = about.map(|key| (key.namespace.as_str(), key.name.as_str())).unzip();
    tracing::error!(id, namespace, stack, place, panic = message, "internal error, please report it");
    Panicked { id }
}

/// Installs a hook that records the location of caught panics instead of printing them.
fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
            if IS_CAUGHT.get() {
                PLACE.set(panic.location().map(ToString::to_string));
            } else {
                others(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    /// A log in memory.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Log {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn logged<T>(work: impl FnOnce() -> T) -> (T, String) {
        let log = Log::default();
        let lines = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).finish();
        let result = tracing::subscriber::with_default(lines, work);
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        (result, text)
    }

    fn key() -> StackKey {
        StackKey { namespace: "shop".to_owned(), name: "web".to_owned() }
    }

    #[test]
    fn a_panic_is_logged_with_its_id_stack_and_place() {
        let panicking = || catch_panic(Some(&key()), || -> u8 { panic!("a number is {}", "too large") });
        let (result, log) = logged(panicking);
        let Panicked { id } = result.unwrap_err();
        for part in [
            &format!("id=\"{id}\""),
            "namespace=\"shop\"",
            "stack=\"web\"",
            "src/panics.rs:",
            "a number is too large",
        ] {
            assert!(log.contains(part), "{part} is not in {log}");
        }
        // A retry has the same id, so the status stays unchanged.
        assert_eq!(logged(panicking).0.unwrap_err().id, id);
        assert_eq!(catch_panic(None, || 7), Ok(7));
    }

    #[test]
    fn a_panic_after_an_await_is_caught() {
        let work = async {
            tokio::task::yield_now().await;
            let nothing: [u8; 0] = [];
            nothing[std::hint::black_box(0)]
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (result, log) = logged(|| runtime.block_on(catch_panic_async(Some(&key()), work)));
        assert!(result.is_err());
        assert!(log.contains("index out of bounds"), "{log}");
    }
}
