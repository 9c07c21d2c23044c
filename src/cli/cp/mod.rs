//! `stackwright cp`: files between a container and this machine, through `tar` in the container.

mod archive;
mod local;
mod path;

use std::path::Path;

use anyhow::Context as _;
use tokio::sync::mpsc;

use self::{
    archive::{Source, extract, write},
    local::{Reader, Writer},
    path::{Side, Sides},
};
use super::{
    containers::containers,
    failure::Failure,
    remote::{Ends, Piece, Place, capture, choose, exec_with},
    selection::{StackArgs, services},
    target::Target,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Copy this file or folder, as PATH, as SERVICE:PATH, or '-' for a tar archive on standard input
    #[arg(value_name = "SOURCE")]
    source: String,
    /// Write the copy to PATH, to SERVICE:PATH, or to standard output as a tar archive with '-'
    #[arg(value_name = "DESTINATION")]
    destination: String,
    /// Keep the numbers of user and group of the files
    #[arg(short, long)]
    archive: bool,
    /// Copy the files to which links of the source lead
    #[arg(short = 'L', long)]
    follow_link: bool,
    /// Use the container with this number, if the service has several
    #[arg(long, value_name = "NUMBER")]
    index: Option<usize>,
    #[command(flatten)]
    stack: StackArgs,
}

/// Pieces that wait in a channel.
const WAITING: usize = 16;

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let sides = Sides::of(&args.source, &args.destination)?;
    let target = Target::of(&args.stack).await?;
    let (stack, pods) = tokio::try_join!(target.stack(), target.list())?;
    let service = services(&stack, &[sides.service().to_owned()])?.swap_remove(0);
    let place = choose(&stack, &service, args.index, &containers(&pods))?;
    let remote = Remote { target: &target, place: &place };
    match sides {
        Sides::Up { from, to, .. } => remote.upload(&from, &to, args).await,
        Sides::Down { from, to, .. } => remote.download(&from, &to, args).await,
    }
}

/// A container from or to which files are copied.
struct Remote<'a> {
    target: &'a Target,
    place: &'a Place,
}

impl Remote<'_> {
    async fn upload(&self, from: &Side, to: &str, args: &Args) -> anyhow::Result<()> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (folder, name) = match from {
            Side::Stream => (to.to_owned(), None),
            Side::Path(from) => {
                let is_folder = to.ends_with('/') || self.is_folder(to).await?;
                path::target(from, to, is_folder)
            }
        };
        let (keep_owner, follow) = (args.archive, args.follow_link);
        let from = from.clone();
        let writing = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
            let mut output = Writer(sender);
            match from {
                Side::Stream => {
                    std::io::copy(&mut std::io::stdin().lock(), &mut output)
                        .context("cannot pass standard input to the container")?;
                    Ok(())
                }
                Side::Path(from) => {
                    let source = Source { path: from.into(), name, keep_owner, follow };
                    write(&source, output)
                }
            }
        });
        let mut command = vec!["tar", "-x", "-f", "-", "-C", &folder];
        if !args.archive {
            command.insert(2, "-o");
        }
        let told = self.run(&command, Some(receiver), None).await;
        // A failure of the source is the cause, and `tar` reports only that the archive is cut off.
        let written = writing.await.context("cannot read the files")?;
        match (written, told) {
            (Err(error), _) if !is_broken_pipe(&error) => Err(error),
            (_, told) => told,
        }
    }

    async fn download(&self, from: &str, to: &Side, args: &Args) -> anyhow::Result<()> {
        let (folder, name) = path::split(from);
        let mut command = vec!["tar", "-c", "-f", "-", "-C", &folder, &name];
        if args.follow_link {
            command.insert(2, "-h");
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let input = Reader::new(receiver);
        let (to, keep_owner, is_content) = (to.clone(), args.archive, path::is_content(from));
        let reading = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
            let mut input = input;
            match to {
                Side::Stream => {
                    std::io::copy(&mut input, &mut std::io::stdout().lock())
                        .context("cannot write to standard output")?;
                }
                Side::Path(to) => extract(&mut input, Path::new(&to), is_content, keep_owner)?,
            }
            // The end of the archive is not the end of the stream.
            std::io::copy(&mut input, &mut std::io::sink()).context("cannot read the archive")?;
            Ok(())
        });
        let told = self.run(&command, None, Some(sender)).await;
        let read = reading.await.context("cannot write the files")?;
        // `tar` knows the cause of an incomplete archive.
        match (told, read) {
            (Err(error), _) => Err(error),
            (Ok(()), read) => read,
        }
    }

    /// Reports whether a path is a folder of the container. An image without `test` has no answer, and then the path is
    /// taken as written.
    async fn is_folder(&self, path: &str) -> anyhow::Result<bool> {
        Ok(matches!(capture(&self.target.connection, self.place, &["test", "-d", path]).await, Ok((0, _))))
    }

    /// Runs `tar` in the container. Its messages are the cause of a failure.
    async fn run(
        &self,
        command: &[&str],
        input: Option<mpsc::Receiver<Piece>>,
        output: Option<mpsc::Sender<Piece>>,
    ) -> anyhow::Result<()> {
        let (errors, mut told) = mpsc::channel::<Piece>(WAITING);
        let output = output.unwrap_or_else(|| errors.clone());
        let ends = Ends { input, output, errors, sizes: None };
        let command: Vec<_> = command.iter().map(|&word| word.to_owned()).collect();
        let message = async {
            let mut message = Vec::new();
            while let Some(piece) = told.recv().await {
                // The first lines have the cause.
                if message.len() < 4096 {
                    message.extend(piece);
                }
            }
            String::from_utf8_lossy(&message).trim().to_owned()
        };
        let (ended, message) =
            tokio::join!(exec_with(&self.target.connection, self.place, &command, ends), message);
        match ended {
            Ok(0) => Ok(()),
            Ok(code) if message.is_empty() => {
                Err(Failure::new(format!("cannot copy: tar in the container ended with exit code {code}"))
                    .into())
            }
            Ok(_) => Err(Failure::new(format!("cannot copy: {message}")).into()),
            Err(error) if format!("{error:#}").contains("executable file not found") => {
                Err(Failure::new("cannot copy: the image of the container has no tar")
                    .remedy("add tar to the image, or pass files by a config or a volume")
                    .into())
            }
            Err(error) => Err(error),
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    causes.any(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}
