//! A sound track's facts, from its description and tables.

use bookend_jobs::facts::FileSound;

use super::boxes::{SoundConfig, SoundEntry, Track};

/// `objectTypeIndication` of MPEG-4 audio (ISO 14496-1 table 5).
const MPEG4_AUDIO: u8 = 0x40;

/// Returns what the tables of `track` say of its sound; nothing is decoded.
pub(super) fn sound(track: &Track) -> FileSound {
    let entry = track.entry.sound.clone().unwrap_or_default();
    let (codec, profile) = coding_name(track.entry.tag, &entry);
    let config = entry.config.unwrap_or_default();
    // MPEG-4 states its own; a table of 8 channels and more is left to the sample description.
    let channels =
        if (1..=6).contains(&config.channel_configuration) { config.channel_configuration } else { entry.channels };
    let rate_hz = if config.rate_hz > 0 { config.rate_hz } else { entry.rate_hz };
    let ticks = u128::from(track.tables.ticks());
    let timescale = u128::from(track.timescale.max(1));
    let bits = u128::from(track.tables.bytes()) * 8;
    FileSound {
        codec,
        profile: profile.to_owned(),
        channels,
        rate_hz,
        bit_rate_bps: clamp((bits * timescale).checked_div(ticks).unwrap_or(0)),
        samples: clamp(ticks * u128::from(rate_hz) / timescale),
        decoded_samples: 0,
    }
}

fn clamp(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// FFmpeg's names of codec and profile; the description's own code when it is none of ours.
fn coding_name(tag: [u8; 4], entry: &SoundEntry) -> (String, &'static str) {
    let end = if entry.little_endian { "le" } else { "be" };
    match &tag {
        b"mp4a" => match entry.config {
            Some(SoundConfig { object_type: MPEG4_AUDIO, audio_object_type, .. }) => {
                ("aac".to_owned(), aac_profile(audio_object_type))
            }
            Some(SoundConfig { object_type: 0x69 | 0x6b, .. }) => ("mp3".to_owned(), ""),
            _ => ("mp4a".to_owned(), ""),
        },
        b"sowt" => (format!("pcm_s{}le", entry.bits.max(16)), ""),
        b"twos" => (format!("pcm_s{}be", entry.bits.max(16)), ""),
        b"in24" => (format!("pcm_s24{end}"), ""),
        b"in32" => (format!("pcm_s32{end}"), ""),
        b"lpcm" | b"ipcm" => (format!("pcm_s{}{end}", entry.bits), ""),
        other => (other.escape_ascii().to_string(), ""),
    }
}

fn aac_profile(audio_object_type: u32) -> &'static str {
    match audio_object_type {
        1 => "Main",
        2 => "LC",
        3 => "SSR",
        4 => "LTP",
        5 => "HE-AAC",
        29 => "HE-AACv2",
        _ => "",
    }
}
