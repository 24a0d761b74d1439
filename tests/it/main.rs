//! The integration tests, one binary: one module a topic.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod accounts_ministack;
#[cfg(test)]
mod accounts_moto;
#[cfg(test)]
mod alarm_watch;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod attach;
#[cfg(test)]
mod aws_closed_list;
#[cfg(test)]
mod aws_environment;
#[cfg(test)]
mod aws_failures;
#[cfg(test)]
mod aws_ministack;
#[cfg(test)]
mod aws_moto;
#[cfg(test)]
mod aws_tls;
#[cfg(test)]
mod bench_set;
#[cfg(test)]
mod bundle;
#[cfg(test)]
mod capture;
#[cfg(test)]
mod capture_emulated;
#[cfg(test)]
mod capture_tools;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod console;
#[cfg(test)]
mod console_charts;
#[cfg(test)]
mod console_events;
#[cfg(test)]
mod console_evidence;
#[cfg(test)]
mod console_hostile;
#[cfg(test)]
mod console_journal;
#[cfg(test)]
mod console_keys;
#[cfg(test)]
mod console_lists;
#[cfg(test)]
mod console_screens;
#[cfg(test)]
mod console_settings;
#[cfg(test)]
mod console_support;
#[cfg(test)]
mod console_surroundings;
#[cfg(test)]
mod console_topology;
#[cfg(test)]
mod console_wire;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod engine;
#[cfg(test)]
#[path = "../../examples/scenario/generator/mod.rs"]
mod generator;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod journal_facade;
#[cfg(test)]
mod journal_postgres;
#[cfg(test)]
mod journal_sqlite;
#[cfg(test)]
mod journal_verify;
#[cfg(test)]
mod judgement;
#[cfg(test)]
mod kubernetes;
#[cfg(test)]
mod kubernetes_command;
#[cfg(test)]
mod kubernetes_incidents;
#[cfg(test)]
mod kubernetes_tls;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod mcp_called;
#[cfg(test)]
mod mcp_command;
#[cfg(test)]
mod mcp_conformance;
#[cfg(test)]
mod mcp_evidence;
#[cfg(test)]
mod mcp_hostile;
#[cfg(test)]
mod mcp_keys;
#[cfg(test)]
mod mcp_peers;
#[cfg(test)]
mod mitigation;
#[cfg(test)]
mod outlets;
#[cfg(test)]
mod outlets_command;
#[cfg(test)]
mod outlets_console;
#[cfg(test)]
mod patterns;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod pipeline_engine;
#[cfg(test)]
mod pipeline_failures;
#[cfg(test)]
mod pipeline_github;
#[cfg(test)]
mod pipeline_gitlab;
#[cfg(test)]
mod queue_watch;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod renewed_certificate;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod secrets_command;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod serve_hosts;
#[cfg(test)]
mod serve_killed;
#[cfg(test)]
mod serve_standing;
#[cfg(test)]
mod service_events;
#[cfg(test)]
mod service_events_engine;
#[cfg(test)]
mod service_events_peers;
#[cfg(test)]
mod store_command;
#[cfg(test)]
mod store_conformance;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod support;
#[cfg(test)]
mod support_case;
#[cfg(test)]
mod support_command;
#[cfg(test)]
mod support_lost;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod topology;
#[cfg(test)]
mod triage;
#[cfg(test)]
mod vendors;
#[cfg(test)]
mod webhook_command;
#[cfg(test)]
mod webhook_connections;
#[cfg(test)]
mod webhook_hostile;
#[cfg(test)]
mod webhook_requests;
#[cfg(test)]
mod webhook_senders;
#[cfg(test)]
mod webhook_sns;
#[cfg(test)]
mod webhook_stores;
#[cfg(test)]
mod webhook_wishes;
#[cfg(test)]
mod widget;
#[cfg(test)]
mod workers;
