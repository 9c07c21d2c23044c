//! What `up` does after the Stack is ready, unless the user detaches: it shows the logs until Ctrl-C.

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::cli::connection::Connection;
use crate::cli::logs;
use crate::cli::program;
use crate::cli::target::Target;
use crate::cli::terminal::message;

/// Prints the logs of a Stack from `since` on until Ctrl-C, and says how to go on. The Stack runs without this program.
///
/// # Errors
/// When a log cannot be read, or when standard output cannot be written.
pub async fn attach(connection: &Connection, name: &str, since: Timestamp) -> anyhow::Result<()> {
    message!("Stack {name} is ready. Ctrl-C ends the output of its logs, and the Stack keeps running");
    let target = Target { connection: connection.clone(), name: name.to_owned() };
    let stop = CancellationToken::new();
    let shown = {
        let logs = logs::follow(&target, &[], Some(since), &stop);
        tokio::pin!(logs);
        tokio::select! {
            shown = &mut logs => shown,
            // Without a signal handler, the logs go on until their end.
            Ok(()) = tokio::signal::ctrl_c() => {
                stop.cancel();
                logs.await
            }
        }
    };
    let (program, namespace) = (program::name(), &connection.namespace);
    message!("Stack {name} keeps running. Remove it with {program} down -p {name} -n {namespace}");
    shown
}
