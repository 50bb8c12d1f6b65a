//! What Mote must do and must never do, as seen from outside.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on panics"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test blocks its own thread only, and reads its surroundings to find the binary"
)]

mod bad_clients;
mod bad_code;
mod bad_projects;
mod bad_upstreams;
mod cache;
mod cell_attacks;
mod cells;
mod client_facts;
mod command_line;
mod commands;
mod compressed_websockets;
mod control_groups;
mod deploy;
mod dev_bindings;
mod doctor;
mod egress;
mod examples;
mod http;
mod inspector;
mod limits;
mod operator;
mod projects;
mod reload;
mod types;
mod unread;
mod upgrade;
mod websockets;
