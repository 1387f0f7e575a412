//! Addresses and ports of a cluster.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::{Context, Result};

use super::sandbox::Sandbox;
use crate::process;

/// The `ClusterIP` of `kubernetes.default`. The apiserver listens on it itself, so pods reach it without a proxy.
pub(super) const SERVICE: Ipv4Addr = Ipv4Addr::new(10, 96, 0, 1);
/// The node, as pods see it: the bridge that they are attached to.
pub(super) const NODE: Ipv4Addr = Ipv4Addr::new(10, 88, 0, 1);
/// The network of the pods.
pub(super) const PODS: &str = "10.88.0.0/16";

const SETUP: &str = "ip link set lo up
ip addr add 10.96.0.1/32 dev lo
ip link add weir0 type bridge
ip addr add 10.88.0.1/16 dev weir0
ip link set weir0 up
ip route add default dev weir0";

/// Who listens on which port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ports {
    pub(super) apiserver: u16,
    pub(super) etcd: u16,
    pub(super) etcd_peer: u16,
    pub(super) controller_manager: u16,
    pub(super) scheduler: u16,
}

impl Ports {
    /// The usual ports, for a network of its own.
    pub(super) fn usual() -> Self {
        Self { apiserver: 443, etcd: 2379, etcd_peer: 2380, controller_manager: 10257, scheduler: 10259 }
    }

    /// Ports that nobody listens on now.
    pub(super) fn free() -> Result<Self> {
        // All are held until all are known, so that they differ.
        let listeners = (0..5)
            .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .collect::<std::io::Result<Vec<_>>>()
            .context("looking for free ports")?;
        let mut ports = listeners.iter().map(|listener| Ok(listener.local_addr()?.port()));
        let mut next = || ports.next().context("too few ports").and_then(|port: Result<u16>| port);
        Ok(Self {
            apiserver: next()?,
            etcd: next()?,
            etcd_peer: next()?,
            controller_manager: next()?,
            scheduler: next()?,
        })
    }
}

/// Gives the sandbox's network its addresses and a bridge for pods.
pub(super) fn set_up(sandbox: Sandbox) -> Result<()> {
    let mut shell = sandbox.command(Path::new("sh"));
    process::output(shell.args(["-ec", SETUP]))
        .context("setting up the cluster's network (Debian: iproute2)")?;
    Ok(())
}
