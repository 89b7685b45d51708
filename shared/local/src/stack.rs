//! A local world: started with options, used through its addresses and switches, ended by dropping it.

use std::fs::{DirBuilder, File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::serve::ListenerExt;
use reveille_engine::port::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::calls::Calls;
use crate::clock::LocalClock;
use crate::database::{Database, DatabaseError};
use crate::doubles::Doubles;
use crate::doubles::Store;
use crate::exchange::{Exchange, Wire, carry};
use crate::faults::Faults;
use crate::functions::Functions;
use crate::inbox::Inbox;
use crate::names::ACCOUNT;
use crate::proxy::Proxy;
use crate::readiness::AccountState;
use crate::runbooks::{NoRunbooks, Runbooks};
use crate::saved::{SavedError, keep_saved};
use crate::{endpoint, front, pump};

/// How a local world is made.
pub struct StackOptions {
    /// Its time.
    pub clock: LocalClock,
    /// The name of its table.
    pub table: String,
    /// The folder that keeps everything between two runs; `None`: nothing is kept.
    pub data: Option<PathBuf>,
    /// The port of the AWS endpoint; 0: any.
    pub aws_port: u16,
    /// The port of the front; 0: any.
    pub front_port: u16,
    /// What runs SSM documents.
    pub runbooks: Arc<dyn Runbooks>,
}

/// Why a local world did not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Another program listens there: end it, or choose other ports with `--port-base`.
    #[error(
        "port {port} of the loopback interface could not be opened: end the program that listens there, or choose other \
         ports with --port-base"
    )]
    Port {
        /// Which.
        port: u16,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The data folder could not be made.
    #[error("the data folder could not be made")]
    Folder(#[source] std::io::Error),
    /// Two stacks on one folder would overwrite each other's state.
    #[error("the data folder {} is in use by another `reveille local`: stop that one, or choose another folder with --data", .0.display())]
    InUse(PathBuf),
    /// The database did not start.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The state of the run before could not be taken up.
    #[error(transparent)]
    Saved(#[from] SavedError),
}

/// A running local world. It listens on the loopback interface only and ends when it is dropped.
pub struct Stack {
    doubles: Arc<Doubles>,
    wire: Arc<Wire>,
    aws: SocketAddr,
    front: SocketAddr,
    saved: Option<PathBuf>,
    // Held for as long as the stack runs; the system gives it back even after a crash.
    _folder: Option<File>,
    // Dropping the sender closes both listeners and their idle connections.
    _stop: watch::Sender<()>,
}

impl Default for StackOptions {
    /// In memory, in real time, on ports that are free, without runbooks.
    fn default() -> Self {
        Self {
            clock: LocalClock::real(),
            table: "reveille".to_owned(),
            data: None,
            aws_port: 0,
            front_port: 0,
            runbooks: Arc::new(NoRunbooks),
        }
    }
}

impl Stack {
    /// Starts the doubles. Nothing acts by itself before [`Stack::connect`].
    pub async fn start(options: StackOptions) -> Result<Self, StackError> {
        let folder = options.data.as_deref().map(take_folder).transpose()?;
        let aws_listener = listen(options.aws_port).await?;
        let front_listener = listen(options.front_port).await?;
        let port_error = |source| StackError::Port { port: 0, source };
        let aws = aws_listener.local_addr().map_err(port_error)?;
        let front = front_listener.local_addr().map_err(port_error)?;

        let file = options.data.as_ref().map(|folder| folder.join("table.sqlite"));
        let database = Database::start(file.as_deref(), &options.table).await?;
        let doubles =
            Arc::new(Doubles::new(options.clock, options.runbooks, Store::Served(Box::new(Proxy::new(database)))));
        let saved = options.data.as_ref().map(|folder| folder.join("doubles.json"));
        doubles.restore(saved.as_deref())?;

        let stop = watch::Sender::new(());
        let wire = Arc::new(Wire::default());
        let endpoint = endpoint::router(Arc::clone(&doubles)).layer(from_fn_with_state(Arc::clone(&wire), carry));
        serve(aws_listener, endpoint, stop.subscribe());
        serve(front_listener, front::router(Arc::clone(&doubles)), stop.subscribe());
        if let Some(file) = saved.clone() {
            doubles.tasks.spawn(keep_saved(Arc::clone(&doubles), file));
        }
        Ok(Self { doubles, wire, aws, front, saved, _folder: folder, _stop: stop })
    }

    /// Connects the functions: queues feed them, schedules and ticks wake them, the front forwards to them. Answers
    /// whether these are now connected; a second call connects nothing.
    pub fn connect(&self, functions: Arc<dyn Functions>) -> bool {
        let connected = self.doubles.invoker.connect(functions);
        if connected {
            pump::start(&self.doubles);
        }
        connected
    }

    /// The AWS endpoint, for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.aws)
    }

    /// Where acknowledge links and webhooks go.
    pub fn front_url(&self) -> String {
        format!("http://{}", self.front)
    }

    /// The URL of a queue; see the names in this crate.
    pub fn queue_url(&self, queue: &str) -> String {
        format!("{}/{ACCOUNT}/{queue}", self.endpoint())
    }

    /// Writes a parameter of Systems Manager, as a deployment does.
    pub fn put_parameter(&self, name: &str, value: String) {
        self.doubles.parameters.put(name, value);
    }

    /// Writes a secret of Secrets Manager, as a deployment does.
    pub fn put_secret(&self, name: &str, text: String) {
        self.doubles.secrets.put(name, text);
    }

    /// Seconds since the oldest message of a queue was sent, which CloudWatch calls `ApproximateAgeOfOldestMessage`; `None`: there is
    /// no such queue. 0: it is empty, or each of its messages has been received three times.
    pub fn age_of_oldest_message(&self, queue: &str) -> Option<i64> {
        let queue = self.doubles.queues.get(queue)?;
        Some(queue.age_of_oldest_s(self.clock().now()).unwrap_or(0))
    }

    /// Says how the account stands with the services by which people are paged.
    pub fn set_account(&self, state: AccountState) {
        self.doubles.account.set(state);
    }

    /// What would have reached a human.
    pub fn inbox(&self) -> &Inbox {
        &self.doubles.inbox
    }

    /// The calls that reached the doubles.
    pub fn calls(&self) -> &Calls {
        &self.doubles.calls
    }

    /// Tells `listener` of every exchange at the endpoint from now on. Answers whether it is the first; a second one hears nothing.
    pub fn listen_in(&self, listener: impl Fn(&Exchange) + Send + Sync + 'static) -> bool {
        self.wire.tell(Box::new(listener))
    }

    /// The switches that break things.
    pub fn faults(&self) -> &Faults {
        &self.doubles.faults
    }

    /// The time here.
    pub fn clock(&self) -> &LocalClock {
        &self.doubles.clock
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.doubles.tasks.end();
        if let Some(file) = &self.saved
            && let Err(error) = self.doubles.save(file)
        {
            tracing::error!(%error, "the local services' state was not kept");
        }
    }
}

/// Makes the folder where it is not there, and takes it for this stack alone. One that is made here is its
/// owner's: numbers, addresses and keys stand in it.
fn take_folder(folder: &Path) -> Result<File, StackError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(StackError::Folder)?;
    let lock = File::create(folder.join("lock")).map_err(StackError::Folder)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StackError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(StackError::Folder(error)),
    }
}

async fn listen(port: u16) -> Result<TcpListener, StackError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listener.map_err(|source| StackError::Port { port, source })
}

/// Serves until the sender of `stop` is gone.
fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<()>) {
    // Answers are small and somebody waits for each of them.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    tokio::spawn(async move {
        let stopped = async move { while stop.changed().await.is_ok() {} };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "a local listener stopped");
        }
    });
}
