//! Clauses of the picture and its clock.

use bookend_config::spec::Check;
use bookend_jobs::facts::FilePicture;
use bookend_units::{FrameRate, Raster};

use super::{Case, Finding, count, grouped};

impl Case<'_> {
    pub(super) fn picture_codec(&self, codec: &str, profile: &str) -> Finding {
        self.of_picture(named(codec, profile), |picture, wanted| {
            if picture.codec.is_empty() {
                return Finding::not_checked(wanted, "the codec was not recognised");
            }
            let holds = picture.codec == codec && picture.profile == profile;
            Finding::holds(holds, wanted, named(&picture.codec, &picture.profile))
        })
    }

    pub(super) fn raster(&self, raster: Raster) -> Finding {
        self.of_picture(format!("{raster}, square samples"), |picture, wanted| {
            let Some(found) = picture.raster else { return Finding::not_checked(wanted, "the size is unknown") };
            let (num, den) = picture.sample_aspect;
            // 0:0 and 0:1 are how containers write "not stated", which is square.
            let square = num == den || num == 0;
            let samples = if square { "square samples".to_owned() } else { format!("samples {num}:{den}") };
            Finding::holds(found == raster && square, wanted, format!("{found}, {samples}"))
        })
    }

    pub(super) fn progressive(&self) -> Finding {
        self.of_picture("progressive", |picture, wanted| {
            Finding::holds(picture.progressive, wanted, if picture.progressive { "progressive" } else { "interlaced" })
        })
    }

    pub(super) fn sample_format(&self, format: &str) -> Finding {
        self.of_picture(format, |picture, wanted| {
            if picture.pixel_format.is_empty() {
                return Finding::not_checked(wanted, "the sample format is unknown");
            }
            // FFmpeg's `yuvj` names are the same samples in full range, which `bt709-tags` judges.
            let found = picture.pixel_format.replacen("yuvj", "yuv", 1);
            Finding::holds(found == format, wanted, found)
        })
    }

    pub(super) fn bt709_tags(&self) -> Finding {
        self.of_picture("1/1/1 limited in wrapper and pictures", |picture, wanted| {
            let tagged = |codes: Option<(u8, u8, u8)>| codes == Some((1, 1, 1));
            let say =
                |codes: Option<(u8, u8, u8)>| codes.map_or("untagged".to_owned(), |(p, t, m)| format!("{p}/{t}/{m}"));
            let range = if picture.full_range { "full" } else { "limited" };
            let (wrapper, coded) = (picture.wrapper_colour, picture.coded_colour);
            let found = if wrapper == coded {
                format!("{} {range}", say(wrapper))
            } else {
                format!("wrapper {}, pictures {}, {range}", say(wrapper), say(coded))
            };
            if coded.is_none() && tagged(wrapper) && !picture.full_range && !self.is_wanted_codec(picture) {
                return Finding::not_checked(
                    wanted,
                    format!("{found}: tags of {} pictures are not read", picture.codec),
                );
            }
            Finding::holds(tagged(wrapper) && tagged(coded) && !picture.full_range, wanted, found)
        })
    }

    pub(super) fn b_frame_run(&self, max: u32) -> Finding {
        self.of_coding(format!("at most {max}"), |picture, wanted| {
            Finding::holds(picture.longest_b_run <= max, wanted, format!("at most {}", picture.longest_b_run))
        })
    }

    pub(super) fn closed_gop(&self, max_frames: u32) -> Finding {
        self.of_coding(format!("closed, at most {}", count(max_frames.into(), "frame")), |picture, wanted| {
            let longest = count(picture.longest_gop.into(), "frame");
            if picture.longest_gop == 0 {
                return Finding::not_checked(wanted, "groups of pictures were not read");
            }
            let holds = picture.open_gops == 0 && picture.longest_gop <= max_frames;
            let found = match picture.open_gops {
                0 => format!("closed, at most {longest}"),
                open => format!("{open} open, at most {longest}"),
            };
            Finding::holds(holds, wanted, found)
        })
    }

    pub(super) fn idr_ids(&self) -> Finding {
        self.of_coding("neighbours differ", |picture, wanted| {
            let repeats = picture.idr_id_repeats;
            let found = if repeats == 0 { "neighbours differ".into() } else { count(repeats.into(), "repeat") };
            Finding::holds(repeats == 0, wanted, found)
        })
    }

    pub(super) fn frame_rate(&self, rate: FrameRate) -> Finding {
        self.of_picture(fps(rate), |picture, wanted| match picture.rate {
            Some(found) => Finding::holds(found == rate, wanted, fps(found)),
            None => Finding::not_checked(wanted, "the rate is unknown"),
        })
    }

    pub(super) fn frame_times(&self) -> Finding {
        self.of_picture("frame n at exactly n/R, from 0", |picture, wanted| {
            if picture.frames == 0 {
                return Finding::not_checked(wanted, "the file has no frames");
            }
            if let Some(id) = self.failing(|check| matches!(check, Check::FrameRate { .. })) {
                return Finding::not_checked(
                    wanted,
                    format!("{} off; follows from `{id}`", count(picture.frames_off_time, "frame")),
                );
            }
            let found = match (picture.frames_off_time, picture.first_off_time) {
                (0, _) => format!("all {}", count(picture.frames, "frame")),
                (off, Some(first)) => format!("{} off, the first is frame {}", count(off, "frame"), grouped(first)),
                (off, None) => format!("{} off", count(off, "frame")),
            };
            Finding::holds(picture.frames_off_time == 0, wanted, found)
        })
    }

    pub(super) fn frame_count(&self) -> Finding {
        let Some(expected) = self.expected else {
            let found = self
                .facts
                .picture
                .as_ref()
                .map_or_else(String::new, |picture| format!("{}; ", count(picture.frames, "frame")));
            return Finding::not_checked("as the programme", format!("{found}no plan or report to compare with"));
        };
        self.of_picture(count(expected.frames, "frame"), |picture, wanted| {
            Finding::holds(picture.frames == expected.frames, wanted, count(picture.frames, "frame"))
        })
    }

    /// Judges how an H.264 stream is put together; another codec's `picture-codec` failure says enough.
    fn of_coding(&self, wanted: impl Into<String>, judge: impl FnOnce(&FilePicture, String) -> Finding) -> Finding {
        self.of_picture(wanted, |picture, wanted| {
            if picture.codec == "h264" {
                judge(picture, wanted)
            } else {
                Finding::not_checked(wanted, format!("the picture is {}, not H.264", picture.codec))
            }
        })
    }

    fn is_wanted_codec(&self, picture: &FilePicture) -> bool {
        self.clauses
            .iter()
            .any(|clause| matches!(&clause.check, Check::PictureCodec { codec, .. } if *codec == picture.codec))
    }
}

/// Codec and profile in the field's own words.
fn named(codec: &str, profile: &str) -> String {
    let codec = match codec {
        "h264" => "H.264",
        "prores" => "ProRes",
        other => other,
    };
    if profile.is_empty() { codec.to_owned() } else { format!("{codec} {profile}") }
}

fn fps(rate: FrameRate) -> String {
    format!("{rate} fps")
}
