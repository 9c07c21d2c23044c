//! A panic ends the work that it happens in, and nothing else.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook},
    sync::Once,
    task::Poll,
};

use crate::{cluster::StackKey, translate::short_hash};

/// Work that ended by a panic: a mistake in this program.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("an internal error, {id}, which an earlier line of this log explains")]
pub(crate) struct Panicked {
    /// By this the log explains it. The same mistake has the same id, so that a status that names it stays as it is.
    pub(crate) id: String,
}

/// The longest message of a panic that is told, in bytes: it may quote a text of any length.
const LONGEST_MESSAGE: usize = 1_000;

thread_local! {
    /// Whether a panic of this thread is caught here.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where the last one was that is caught.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs work and catches its panic, which is told in the log. `about` names the Stack that it is for.
pub(crate) fn catch_panic<T>(about: Option<&StackKey>, work: impl FnOnce() -> T) -> Result<T, Panicked> {
    learn_places();
    let outer = IS_CAUGHT.replace(true);
    // What the work has half done is its own, but for the locks, which are taken as they are after a panic.
    let result = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(outer);
    result.map_err(|panic| tell(about, panic.as_ref()))
}

/// Awaits work and catches its panic. Nothing of the work goes on after it.
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

fn tell(about: Option<&StackKey>, panic: &(dyn Any + Send)) -> Panicked {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("a panic without a message");
    let message = message.get(..message.floor_char_boundary(LONGEST_MESSAGE)).unwrap_or_default();
    let place = PLACE.take().unwrap_or_else(|| "an unknown place".to_owned());
    let id = short_hash(&format!("{place}: {message}"));
    let (namespace, stack) = about.map(|key| (key.namespace.as_str(), key.name.as_str())).unzip();
    tracing::error!(id, namespace, stack, place, panic = message, "an internal error: please report it");
    Panicked { id }
}

/// Makes panics that are caught tell their place here instead of on standard error.
fn learn_places() {
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

    /// What is logged meanwhile.
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
    fn a_panic_is_told_in_the_log_with_its_id_its_stack_and_its_place() {
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
        // Nobody writes a status anew because of another try.
        assert_eq!(logged(panicking).0.unwrap_err().id, id);
        assert_eq!(catch_panic(None, || 7), Ok(7));
    }

    #[test]
    fn a_panic_of_awaited_work_is_caught_at_any_await() {
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
