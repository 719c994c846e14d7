//! One transcode with this crate alone: demux, decode, scale, libx264, MP4. What the benchmark sets beside `ffmpeg`.
//!
//!     transcode IN OUT RASTER RATE THREADS [ENCODER-OPTION=VALUE…]
//!
//! Decoder, filters and encoder each get THREADS; the options are libx264's by FFmpeg's names.

use std::error::Error;
use std::path::PathBuf;

use bookend_media::{
    ColourCodes, DecodeOptions, Demuxer, Encoder, Frame, Graph, MediaError, Medium, Muxer, OpenOptions, Packet,
    PictureEncoderOptions, PixelFormat, TrackReader,
};
use bookend_units::{FrameRate, Raster};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output, raster, rate, threads, options @ ..] = arguments.as_slice() else {
        return Err("transcode IN OUT RASTER RATE THREADS [ENCODER-OPTION=VALUE…]".into());
    };
    let options: Vec<(&str, &str)> = options
        .iter()
        .map(|option| option.split_once('=').ok_or("an option without a value"))
        .collect::<Result<_, _>>()?;
    let request = Request {
        input: input.into(),
        output: output.into(),
        raster: raster.parse()?,
        rate: rate.parse()?,
        threads: threads.parse()?,
        options,
    };
    request.carry_out().map_err(Into::into)
}

struct Request<'a> {
    input: PathBuf,
    output: PathBuf,
    raster: Raster,
    rate: FrameRate,
    threads: u32,
    options: Vec<(&'a str, &'a str)>,
}

impl Request<'_> {
    fn carry_out(&self) -> Result<(), MediaError> {
        let mut reader = self.reader()?;
        let mut file = File::create(self)?;
        let filters = format!("scale=w={}:h={}:flags=bicubic,format=yuv420p", self.raster.width, self.raster.height);
        let (mut frame, mut fitted) = (Frame::empty()?, Frame::empty()?);
        let mut graph: Option<Graph> = None;
        let mut place = 0;
        while reader.next(&mut frame)? {
            frame.set_pts(place);
            place += 1;
            let graph = match graph.as_mut() {
                Some(graph) => graph,
                None => graph.insert(Graph::new(&frame, (1, 1), &filters, self.threads)?),
            };
            graph.push(Some(&frame))?;
            while graph.pull(&mut fitted)? {
                // Or the encoder would take the source's decisions for its own.
                fitted.clear_type();
                file.encode(Some(&fitted))?;
            }
        }
        file.finish()
    }

    fn reader(&self) -> Result<TrackReader, MediaError> {
        let demuxer = Demuxer::open(&self.input, &OpenOptions::default())?;
        let tracks = demuxer.tracks();
        let picture = tracks.iter().find(|track| track.medium == Medium::Picture);
        let track =
            picture.map(|track| track.index).ok_or(MediaError::UnsupportedCodec { codec: "no picture".into() })?;
        TrackReader::on(demuxer, track, &DecodeOptions { threads: self.threads, ..DecodeOptions::default() })
    }
}

struct File {
    encoder: Encoder,
    muxer: Muxer,
    packet: Packet,
}

impl File {
    fn create(request: &Request<'_>) -> Result<Self, MediaError> {
        let encoder = Encoder::picture(&PictureEncoderOptions {
            encoder: "libx264",
            raster: request.raster,
            rate: request.rate,
            format: PixelFormat::named("yuv420p"),
            colour: ColourCodes::BT709,
            threads: request.threads,
            options: &request.options,
        })?;
        let mut muxer = Muxer::create(&request.output, "mp4")?;
        muxer.add_encoded(&encoder)?;
        muxer.start(&[])?;
        Ok(File { encoder, muxer, packet: Packet::empty()? })
    }

    fn encode(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        self.encoder.send(frame)?;
        let base = self.encoder.time_base();
        while self.encoder.receive(&mut self.packet)? {
            self.muxer.write(0, &mut self.packet, base)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), MediaError> {
        self.encode(None)?;
        self.muxer.finish()
    }
}
