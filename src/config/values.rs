//! How single values are read: empty text is "not set", secrets stay wrapped, networks accept a lone address.
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::world::Secret;

pub(super) fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(from)?).filter(|text| !text.is_empty()))
}

pub(super) fn optional_path<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(optional_text(from)?.map(PathBuf::from))
}

pub(super) fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(from).map(Secret::new)
}

pub(super) fn optional_secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(optional_text(from)?.map(Secret::new))
}

pub(super) fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    Vec::<String>::deserialize(from)?.iter().map(|text| network(text).map_err(D::Error::custom)).collect()
}

fn network(text: &str) -> Result<IpNet, String> {
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse::<IpNet>().or_else(|_| alone()).map_err(|_| format!("\"{text}\" is neither a network (10.0.0.0/8) nor an address"))
}

pub(super) fn optional_socket_address<'de, D: Deserializer<'de>>(from: D) -> Result<Option<std::net::SocketAddr>, D::Error> {
    let wrong = |_| D::Error::custom("give an IP address and a port, for instance 127.0.0.1:8443 or [::]:8443");
    optional_text(from)?.map(|text| text.parse().map_err(wrong)).transpose()
}

pub(super) fn socket_address<'de, D: Deserializer<'de>>(from: D) -> Result<std::net::SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_| D::Error::custom("give an IP address and a port, for instance 127.0.0.1:8080 or [::]:443"))
}
