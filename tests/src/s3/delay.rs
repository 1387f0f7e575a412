use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::S3Server;
use crate::oracle::Storage;

/// Bytes that are passed on at once: large, so that passing costs little beside what is measured.
const PIECE: usize = 256 << 10;

/// Pieces of a connection that may be under way.
const UNDER_WAY: usize = 64;

/// A place in front of an S3 server from which every request takes longer, as over a network.
///
/// What a client sends arrives late; answers pass at once. Connections wait beside each other. It ends when the
/// value is dropped.
#[derive(Debug)]
pub struct DelayedS3 {
    address: SocketAddr,
    object_gets: Arc<AtomicU64>,
    storage: Storage,
    _runtime: Runtime,
}

impl DelayedS3 {
    /// Adds `delay` to every request to `server`, at another port of its address.
    pub fn before(server: &S3Server, delay: Duration) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let object_gets = Arc::<AtomicU64>::default();
        let listener = runtime.block_on(TcpListener::bind((*server.endpoint.ip(), 0)))?;
        let address = listener.local_addr()?;
        let (upstream, gets) = (SocketAddr::V4(server.endpoint), Arc::clone(&object_gets));
        // It serves until the runtime ends.
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass_on(client, upstream, delay, Arc::clone(&gets)));
            }
        });
        let storage = Storage::s3(&format!("http://{address}"), &server.access_key, &server.secret_key);
        Ok(Self { address, object_gets, storage, _runtime: runtime })
    }

    /// How engines and `weir` reach the server through the delay.
    pub const fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Address that requests are sent to.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// GET requests for objects that have come so far.
    pub fn object_gets(&self) -> u64 {
        self.object_gets.load(Relaxed)
    }
}

/// Passes a connection on until one side closes it.
async fn pass_on(
    client: TcpStream,
    upstream: SocketAddr,
    delay: Duration,
    gets: Arc<AtomicU64>,
) -> io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (late, due) = mpsc::channel(UNDER_WAY);
    let is_answered = AtomicBool::new(true);
    tokio::try_join!(
        receive(from_client, late, delay, &is_answered, &gets),
        deliver(due, to_server),
        answer(from_server, to_client, &is_answered),
    )?;
    Ok(())
}

/// Takes what the client sends, and when it is due.
async fn receive(
    mut client: OwnedReadHalf,
    late: mpsc::Sender<(Instant, Vec<u8>)>,
    delay: Duration,
    is_answered: &AtomicBool,
    gets: &AtomicU64,
) -> io::Result<()> {
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        if client.read_buf(&mut piece).await? == 0 {
            return Ok(());
        }
        if is_answered.swap(false, Relaxed) && is_get_of_object(&piece) {
            gets.fetch_add(1, Relaxed);
        }
        if late.send((Instant::now() + delay, piece)).await.is_err() {
            return Ok(());
        }
    }
}

/// Passes pieces to the server when they are due.
async fn deliver(mut due: mpsc::Receiver<(Instant, Vec<u8>)>, mut server: OwnedWriteHalf) -> io::Result<()> {
    while let Some((at, piece)) = due.recv().await {
        sleep_until(at).await;
        server.write_all(&piece).await?;
    }
    server.shutdown().await
}

/// Passes answers to the client at once.
async fn answer(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    is_answered: &AtomicBool,
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE);
    while server.read_buf(&mut piece).await? > 0 {
        is_answered.store(true, Relaxed);
        client.write_all(&piece).await?;
        piece.clear();
    }
    client.shutdown().await
}

/// Whether a request begins that reads an object. Listings are GETs of a bucket, whose path has no second part.
fn is_get_of_object(request: &[u8]) -> bool {
    let line = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let path = words.next().filter(|method| *method == "GET").and_then(|_| words.next());
    path.is_some_and(|path| {
        let path = path.split('?').next().unwrap_or_default();
        path.trim_matches('/').contains('/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_objects_from_listings_and_writes() {
        assert!(is_get_of_object(b"GET /lake/table/snapshot-1?x=/ HTTP/1.1\r\nhost: a\r\n"));
        assert!(!is_get_of_object(b"GET /lake?prefix=table/ HTTP/1.1\r\n"));
        assert!(!is_get_of_object(b"PUT /lake/table/snapshot-1 HTTP/1.1\r\n"));
        assert!(!is_get_of_object(b"\0\r\n"));
    }
}
