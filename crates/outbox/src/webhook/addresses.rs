//! Where a name leads: the addresses of a host, without those that it may not have.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::Service;

use super::hosts::AllowedHosts;

/// Looks up the addresses of a name, once for each connection, which is made to one of them.
#[derive(Clone)]
pub(super) struct Addresses {
    resolver: GaiResolver,
    allowed: AllowedHosts,
}

/// A name that leads to where webhooks must not go.
#[derive(Debug, thiserror::Error)]
#[error("{host} has no public address")]
struct NotPublic {
    host: String,
}

type Resolving = Pin<Box<dyn Future<Output = io::Result<IntoIter<SocketAddr>>> + Send>>;

impl Addresses {
    pub(super) fn of(allowed: AllowedHosts) -> Self {
        Self {
            resolver: GaiResolver::new(),
            allowed,
        }
    }
}

impl Service<Name> for Addresses {
    type Response = IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.resolver.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let is_inside = self.allowed.allow_inside(&host);
        let resolving = self.resolver.call(name);
        Box::pin(async move {
            let found = resolving.await?;
            let suitable = found.filter(|found| is_inside || is_public(found.ip()));
            let suitable: Vec<_> = suitable.collect();
            match suitable.is_empty() {
                true => Err(io::Error::other(NotPublic { host })),
                false => Ok(suitable.into_iter()),
            }
        })
    }
}

/// Whether an address is one of the public internet, by the registries of IANA for special purposes.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_special = match address.octets() {
        // This network, private, loopback, shared by the customers of a carrier, link-local.
        [0 | 10 | 127, ..] | [100, 64..=127, ..] | [169, 254, ..] => true,
        // Private, protocols and benchmarks, anycast of 6to4.
        [172, 16..=31, ..] | [192, 168, ..] | [192, 0, 0, _] | [198, 18..=19, ..] => true,
        [192, 88, 99, _] => true,
        // Documentation; multicast, reserved, broadcast.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [224..=255, ..] => true,
        _ => false,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(address) = embedded(address) {
        return is_public_v4(address);
    }
    match address.segments() {
        // Protocols, tunnels and documentation within what is global otherwise.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

/// The address that another one stands for: mapped, or translated by NAT64.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let bits = u32::from(high) << 16 | u32::from(low);
            Some(Ipv4Addr::from_bits(bits))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_its_networks_and_its_cloud_are_not_public() {
        for inside in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.254",
            "2606:4700:4700::1111",
            "2a00:1450:4001::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    async fn look_up(host: &str, allowed: AllowedHosts) -> io::Result<Vec<SocketAddr>> {
        let addresses = Addresses::of(allowed).call(host.parse().unwrap()).await;
        Ok(addresses?.collect())
    }

    #[tokio::test]
    async fn a_name_of_this_machine_leads_nowhere_unless_it_is_allowed() {
        let refused = look_up("localhost", AllowedHosts::public()).await;
        assert!(refused.unwrap_err().to_string().contains("no public"));
        let allowed = AllowedHosts::public().and_inside(["LocalHost"]);
        assert!(!look_up("localhost", allowed).await.unwrap().is_empty());
    }
}
