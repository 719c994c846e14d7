//! The bytes of finished files, read without FFmpeg: boxes, NAL units, frame headers.
