//! Clauses of the file as a whole: its wrapper, its tracks, whether it decodes.

use bookend_config::spec::Wrapper;
use bookend_jobs::facts::ProofDepth;

use super::{Case, Finding, count};

impl Case<'_> {
    pub(super) fn wrapper(&self, format: Wrapper) -> Finding {
        let wrapper = &self.facts.wrapper;
        if wrapper.format.is_empty() {
            return Finding::not_checked(wrapper_name(format), "the format was not recognised");
        }
        // QuickTime and MP4 are one format to FFmpeg; the brand tells them apart. A file without brand is old QuickTime.
        let quicktime = matches!(wrapper.brand.as_str(), "qt" | "");
        let found = match (self.is_iso(), quicktime) {
            (false, _) => wrapper.format.clone(),
            (true, true) => "QuickTime".to_owned(),
            (true, false) => format!("MP4 (brand {})", wrapper.brand),
        };
        Finding::holds(self.is_iso() && quicktime == (format == Wrapper::Mov), wrapper_name(format), found)
    }

    pub(super) fn moov_first(&self) -> Finding {
        let wanted = "header first";
        if !self.is_iso() {
            return Finding::not_checked(wanted, "the format has no movie header");
        }
        let first = self.facts.wrapper.moov_first;
        Finding::holds(first, wanted, if first { "header first" } else { "media first" })
    }

    pub(super) fn no_edit_list(&self) -> Finding {
        let wanted = "no edit list";
        if !self.is_iso() {
            return Finding::not_checked(wanted, "the format has no edit lists");
        }
        let lists = self.facts.wrapper.edit_lists;
        Finding::holds(lists == 0, wanted, if lists == 0 { "none".into() } else { count(lists.into(), "edit list") })
    }

    pub(super) fn tracks(&self, picture: u32, sound: u32) -> Finding {
        let say = |picture: u32, sound: u32, other: u32| format!("{picture} picture, {sound} sound, {other} other");
        let found = &self.facts.wrapper;
        Finding::holds(
            (found.picture_tracks, found.sound_tracks, found.other_tracks) == (picture, sound, 0),
            say(picture, sound, 0),
            say(found.picture_tracks, found.sound_tracks, found.other_tracks),
        )
    }

    pub(super) fn decodes(&self) -> Finding {
        let wanted = "no complaint from the decoders";
        let errors = &self.facts.decode_errors;
        match (errors.first(), self.facts.depth) {
            (Some(first), _) => Finding::holds(
                false,
                wanted,
                format!("{}, the first: {first}", count(errors.len() as u64, "complaint")),
            ),
            (None, ProofDepth::Full) => {
                Finding::holds(true, wanted, "none; every frame and sample decoded from the file")
            }
            (None, ProofDepth::Parts) => Finding::holds(
                true,
                wanted,
                "none; every chunk decoded when made, seams and sound decoded from the file",
            ),
        }
    }

    fn is_iso(&self) -> bool {
        self.facts.wrapper.format.split(',').any(|name| matches!(name, "mov" | "mp4"))
    }
}

fn wrapper_name(format: Wrapper) -> &'static str {
    match format {
        Wrapper::Mp4 => "MP4",
        Wrapper::Mov => "QuickTime",
    }
}
