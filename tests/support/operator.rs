//! The operator's binary, as a process that can be killed.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The operator of one scenario.
pub struct Operator {
    scope: [String; 2],
    folder: PathBuf,
    options: Vec<String>,
    child: Mutex<Option<Child>>,
}

impl Operator {
    /// Returns an operator that does not run yet, for `namespace`, or for all namespaces with the Lease in `namespace`, with the
    /// identity of `kubeconfig`.
    pub fn new(namespace: &str, everywhere: bool, kubeconfig: &str, options: &[String]) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(namespace);
        fs::create_dir_all(&folder).expect("a folder for the operator's log");
        let operator = Self {
            scope: [if everywhere { "--lease-namespace" } else { "--namespace" }, namespace]
                .map(str::to_owned),
            folder,
            options: options.to_vec(),
            child: Mutex::new(None),
        };
        fs::write(operator.kubeconfig(), kubeconfig).expect("the operator's kubeconfig");
        operator
    }

    /// Returns the kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// Starts the operator, or the program in `STACKWRIGHT_TEST_OPERATOR`. With the program of `hack/earlier-operator`, the
    /// scenarios show what an earlier version does.
    pub fn start(&self) {
        match env::var_os("STACKWRIGHT_TEST_OPERATOR") {
            Some(program) => self.start_as(Path::new(&program)),
            None => self.start_as(Path::new(env!("CARGO_BIN_EXE_stackwright"))),
        }
    }

    /// Starts another version of the operator.
    pub fn start_as(&self, program: &Path) {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).expect("its log");
        let mut running = self.child();
        assert!(running.is_none(), "the operator runs already");
        let child = Command::new(program)
            .args(["controller", "--no-http"])
            .args(&self.scope)
            .args(self.registries())
            .args(&self.options)
            .env("KUBECONFIG", self.kubeconfig())
            .env("RUST_LOG", "stackwright=debug,info")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle of the log"))
            .stderr(log)
            .spawn();
        *running = Some(child.expect("the operator's binary runs"));
    }

    /// Only registries of the scenario itself are read.
    fn registries(&self) -> &'static [&'static str] {
        let is_given = self.options.iter().any(|option| option.starts_with("--registry-mirror"));
        if is_given { &[] } else { &["--no-image-metadata"] }
    }

    /// Kills the operator (SIGKILL).
    pub fn kill(&self) {
        if let Some(mut child) = self.child().take() {
            // The operator can have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Stops the operator (SIGTERM), and reports whether it exited with 0.
    pub fn stop(&self) -> bool {
        let Some(mut child) = self.child().take() else { return false };
        let asked = Command::new("kill").arg(child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "SIGTERM could not be sent");
        child.wait().is_ok_and(|status| status.success())
    }

    /// Returns the exit status if the operator has ended by itself.
    pub fn ended_by_itself(&self) -> Option<String> {
        let ended = self.child().as_mut()?.try_wait().ok()??;
        Some(ended.to_string())
    }

    /// Reports whether the operator has ended because it lost its Lease.
    pub fn has_lost_its_lease(&self) -> bool {
        self.ended_by_itself().is_some() && self.log().trim_end().ends_with("lost the Lease")
    }

    /// Returns the peak memory in KiB (proc(5), VmHWM).
    pub fn most_memory(&self) -> u64 {
        let id = self.child().as_ref().expect("the operator runs").id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Returns the log.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.kill();
        // A failed scenario has printed the end of the log already.
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}
