//! An S3 server with conditional writes: versitygw over a directory.

mod delay;

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use uuid::Uuid;

use crate::cluster::Cluster;
use crate::oracle::Storage;
use crate::{process, tools, workspace};

pub use self::delay::DelayedS3;

/// How long the server may take to listen.
const LIMIT: Duration = Duration::from_secs(30);
/// The region that requests are signed for.
const REGION: &str = "us-east-1";
const PROGRAM: &str = "versitygw";

/// A running S3 server with credentials of its own.
#[derive(Debug)]
pub struct S3Server {
    endpoint: SocketAddrV4,
    access_key: String,
    secret_key: String,
    buckets: PathBuf,
    /// Process and directory, where no cluster owns them.
    own: Option<(Child, TempDir)>,
}

impl S3Server {
    /// A server that the cluster's pods and the caller reach under one address. It ends with the cluster.
    pub fn in_cluster(cluster: &Cluster) -> Result<Self> {
        let program = tools::program(&tools::s3_server()?, PROGRAM);
        let server = Self::prepare(cluster.host_address(), cluster.directory())?;
        let log = cluster.start_server(PROGRAM, &program, |command| server.configure(command))?;
        server.wait_until_it_listens(&log)?;
        Ok(server)
    }

    /// A server for this machine only, which ends when the value is dropped. `name` names its log.
    pub fn on_loopback(name: &str) -> Result<Self> {
        let program = tools::program(&tools::s3_server()?, PROGRAM);
        let directory =
            tempfile::Builder::new().prefix("weir-s3-").tempdir().context("creating the S3 directory")?;
        let mut server = Self::prepare(Ipv4Addr::LOCALHOST, directory.path())?;
        let mut command = Command::new(program);
        server.configure(&mut command);
        let log = workspace::logs(name).join("versitygw.log");
        let process = process::spawn(command.stdin(Stdio::null()), &log)?;
        server.own = Some((process, directory));
        server.wait_until_it_listens(&log)?;
        Ok(server)
    }

    fn prepare(address: Ipv4Addr, directory: &Path) -> Result<Self> {
        let access_key = Uuid::new_v4().simple().to_string();
        let secret_key = Uuid::new_v4().simple().to_string();
        let buckets = directory.join(format!("s3-{}", Uuid::new_v4().simple()));
        fs::create_dir(&buckets).with_context(|| format!("creating {}", buckets.display()))?;
        let endpoint = SocketAddrV4::new(address, free_port(address)?);
        Ok(Self { endpoint, access_key, secret_key, buckets, own: None })
    }

    fn configure(&self, command: &mut Command) {
        // Secrets stay out of the process list.
        command.env("ROOT_ACCESS_KEY", &self.access_key).env("ROOT_SECRET_KEY", &self.secret_key);
        command.arg("--port").arg(self.endpoint.to_string()).args([
            "--region",
            REGION,
            "--quiet",
            "--keep-alive",
            "posix",
        ]);
        command.arg(&self.buckets);
    }

    fn wait_until_it_listens(&self, log: &Path) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        while TcpStream::connect(self.endpoint).is_err() {
            if Instant::now() > deadline {
                bail!("the S3 server does not listen on {}\n{}", self.endpoint, process::tail(log));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Its URL, such as `http://10.88.0.1:40123`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.endpoint)
    }

    /// The region that requests are signed for.
    pub fn region(&self) -> &'static str {
        REGION
    }

    /// The access key of its one user.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The secret key of its one user.
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// Process id of the server; `None` for one that a cluster owns.
    pub fn pid(&self) -> Option<u32> {
        self.own.as_ref().map(|(process, _)| process.id())
    }

    /// Makes a bucket.
    pub fn create_bucket(&self, name: &str) -> Result<()> {
        let path = self.buckets.join(name);
        fs::create_dir(&path).with_context(|| format!("creating the bucket {}", path.display()))
    }

    /// How engines and `weir` reach it.
    pub fn storage(&self) -> Storage {
        Storage::s3(&self.endpoint(), &self.access_key, &self.secret_key)
    }

    /// The directory in which the objects of a bucket are files.
    pub fn files_of_bucket(&self, name: &str) -> PathBuf {
        self.buckets.join(name)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some((process, _)) = &mut self.own {
            // A server that has already ended is what we want.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn free_port(address: Ipv4Addr) -> Result<u16> {
    let listener =
        TcpListener::bind((address, 0)).with_context(|| format!("looking for a free port on {address}"))?;
    Ok(listener.local_addr()?.port())
}
