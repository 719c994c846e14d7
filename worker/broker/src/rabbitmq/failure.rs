//! What an error of lapin's means, and what to do about it.

use lapin::ErrorKind;
use lapin::protocol::AMQPErrorKind;

use crate::BrokerError;

/// Reply codes of AMQP 0-9-1 (section 1.2 of its reference), by RabbitMQ's use of them.
pub(super) mod code {
    pub(in super::super) const ACCESS_REFUSED: u16 = 403;
    pub(in super::super) const NOT_FOUND: u16 = 404;
    pub(in super::super) const RESOURCE_LOCKED: u16 = 405;
    pub(in super::super) const PRECONDITION_FAILED: u16 = 406;
    pub(in super::super) const NOT_ALLOWED: u16 = 530;
}

/// What was being done when it failed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing<'name> {
    /// Opening a connection.
    Connect,
    /// Declaring a queue or exchange.
    Declare(&'name str),
    /// Using a channel.
    Call,
}

/// Why a link, or a call over it, failed. Holds nothing that the broker or lapin wrote of users.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// Nothing answers, or not in time.
    Unreachable(String),
    /// It answers, but a person has to change something.
    Unusable { reason: String, remedy: String },
    /// It answers, but not with yes, for now.
    NotAccepted(String),
}

impl Failure {
    /// What an error of lapin's means.
    pub(super) fn of(error: &lapin::Error, doing: Doing<'_>) -> Self {
        match (reply_code(error), doing) {
            (Some(code::ACCESS_REFUSED), Doing::Connect) => Self::unusable(
                "it refuses the user or the password",
                "correct them in the broker's address, or add the user (rabbitmqctl add_user)",
            ),
            (Some(code::NOT_ALLOWED), Doing::Connect) => Self::unusable(
                "it has no such virtual host, or the user may not use it",
                "correct the last part of the broker's address, add the virtual host (rabbitmqctl add_vhost), or permit \
                 the user (rabbitmqctl set_permissions)",
            ),
            (Some(code::PRECONDITION_FAILED), Doing::Declare(name)) => Self::unusable(
                format!("`{name}` exists there with other arguments"),
                format!(
                    "delete `{name}` when it is empty, or choose other names with ?prefix= in the broker's address"
                ),
            ),
            (Some(code::ACCESS_REFUSED), Doing::Declare(name)) => Self::unusable(
                format!("the user may not declare `{name}`"),
                "permit the user to configure, write and read what begins with the prefix, and to write to the default \
                 exchange (rabbitmqctl set_permissions)",
            ),
            (Some(code::ACCESS_REFUSED), Doing::Call) => Self::unusable(
                "the user may not write to or read from its queues",
                "permit the user to configure, write and read what begins with the prefix, and to write to the default \
                 exchange (rabbitmqctl set_permissions)",
            ),
            _ => Self::Unreachable(describe(error)),
        }
    }

    /// Nothing came within the bound.
    pub(super) fn silence(bound: std::time::Duration, what: &str) -> Self {
        Self::Unreachable(format!("no {what} within {} s", bound.as_secs_f32()))
    }

    pub(super) fn unusable(reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Unusable { reason: reason.into(), remedy: remedy.into() }
    }

    /// The error of a call.
    pub(super) fn at(self, place: &str) -> BrokerError {
        let place = place.to_owned();
        match self {
            Self::Unreachable(reason) => BrokerError::Unreachable { place, source: reason.into() },
            Self::Unusable { reason, remedy } => BrokerError::Unusable { place, reason, remedy },
            Self::NotAccepted(reason) => BrokerError::NotAccepted { place, reason },
        }
    }

    /// For logs.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Unreachable(reason) | Self::Unusable { reason, .. } | Self::NotAccepted(reason) => reason,
        }
    }
}

/// The code with which the broker closed a channel or the connection, if that is what happened.
pub(super) fn reply_code(error: &lapin::Error) -> Option<u16> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => Some(error.get_id()),
        _ => None,
    }
}

/// Says what happened in words of ours; the broker's own may name users.
fn describe(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::IOError(error) => format!("the connection failed: {error}"),
        ErrorKind::MissingHeartbeatError => "it was silent for two heartbeats".to_owned(),
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(soft) => format!("it closed the channel: {soft}"),
            AMQPErrorKind::Hard(hard) => format!("it closed the connection: {hard}"),
        },
        ErrorKind::ParsingError(_) | ErrorKind::InvalidProtocolVersion(_) => {
            "what came back is no AMQP 0-9-1".to_owned()
        }
        ErrorKind::InvalidChannelState(..) | ErrorKind::InvalidChannel(_) => "the channel was closed".to_owned(),
        ErrorKind::InvalidConnectionState(_) => "the connection was closed".to_owned(),
        ErrorKind::ChannelsLimitReached => "no more channels are allowed on the connection".to_owned(),
        _ => "the connection was given up".to_owned(),
    }
}
