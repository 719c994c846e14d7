//! Filter graphs with one picture in and one picture out.

use std::ffi::{CStr, c_int};
use std::ptr::{self, NonNull};

use ffmpeg_next::ffi;

use crate::options::text;
use crate::{Frame, MediaError};

/// A chain of FFmpeg filters for frames of one size and format. Freed on drop.
pub struct Graph {
    graph: NonNull<ffi::AVFilterGraph>,
    source: Option<NonNull<ffi::AVFilterContext>>,
    sink: NonNull<ffi::AVFilterContext>,
}

// SAFETY: the graph is used by one thread at a time (no `Sync`).
unsafe impl Send for Graph {}

impl Graph {
    /// Builds `filters` (FFmpeg's filter syntax) for frames shaped like `like`, whose time stamps count `time_base`.
    ///
    /// `threads` bounds the slices that filters work on at once.
    ///
    /// # Errors
    /// When a filter is unknown or will not take such frames.
    pub fn new(like: &Frame, time_base: (u32, u32), filters: &str, threads: u32) -> Result<Self, MediaError> {
        // SAFETY: the call takes nothing; null means no memory.
        let raw = unsafe { ffi::avfilter_graph_alloc() };
        let graph = NonNull::new(raw).ok_or(MediaError::out_of_memory("avfilter_graph_alloc"))?;
        // From here on dropping `built` frees everything.
        let mut built = Graph { graph, source: None, sink: NonNull::dangling() };
        // SAFETY: the graph is fresh and ours.
        unsafe { (*graph.as_ptr()).nb_threads = c_int::try_from(threads.max(1)).unwrap_or(1) }
        let raster = like.raster();
        let (aspect_num, aspect_den) = like.sample_aspect();
        let arguments = format!(
            "video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={aspect_num}/{aspect_den}",
            raster.width,
            raster.height,
            like.pixel_format().raw(),
            time_base.0,
            time_base.1,
        );
        let source = built.add("buffer", Some(&arguments))?;
        built.source = Some(source);
        built.sink = built.add("buffersink", None)?;
        built.link(filters, Some(source))?;
        // SAFETY: the graph is valid; the log context is not used.
        let status = unsafe { ffi::avfilter_graph_config(graph.as_ptr(), ptr::null_mut()) };
        MediaError::check("avfilter_graph_config", status)?;
        Ok(built)
    }

    /// Builds a chain that begins with a source filter (`smptehdbars=…`) and takes no frames.
    ///
    /// # Errors
    /// When a filter is unknown or the chain makes no sense.
    pub fn generate(filters: &str) -> Result<Self, MediaError> {
        // SAFETY: the call takes nothing; null means no memory.
        let raw = unsafe { ffi::avfilter_graph_alloc() };
        let graph = NonNull::new(raw).ok_or(MediaError::out_of_memory("avfilter_graph_alloc"))?;
        let mut built = Graph { graph, source: None, sink: NonNull::dangling() };
        // SAFETY: the graph is fresh and ours.
        unsafe { (*graph.as_ptr()).nb_threads = 1 }
        built.sink = built.add("buffersink", None)?;
        built.link(filters, None)?;
        // SAFETY: the graph is valid; the log context is not used.
        let status = unsafe { ffi::avfilter_graph_config(graph.as_ptr(), ptr::null_mut()) };
        MediaError::check("avfilter_graph_config", status)?;
        Ok(built)
    }

    fn add(&self, filter: &'static str, arguments: Option<&str>) -> Result<NonNull<ffi::AVFilterContext>, MediaError> {
        let name = text(filter)?;
        let arguments = arguments.map(text).transpose()?;
        let mut context = ptr::null_mut();
        // SAFETY: the names are NUL-terminated and live through the call; a null filter is refused by it.
        let status = unsafe {
            ffi::avfilter_graph_create_filter(
                &raw mut context,
                ffi::avfilter_get_by_name(name.as_ptr()),
                name.as_ptr(),
                arguments.as_ref().map_or(ptr::null(), |arguments| arguments.as_ptr()),
                ptr::null_mut(),
                self.graph.as_ptr(),
            )
        };
        MediaError::check("avfilter_graph_create_filter", status)?;
        NonNull::new(context).ok_or(MediaError::out_of_memory("avfilter_graph_create_filter"))
    }

    fn link(&self, filters: &str, source: Option<NonNull<ffi::AVFilterContext>>) -> Result<(), MediaError> {
        let filters = text(filters)?;
        let mut outputs = match source {
            Some(source) => end(c"in", source)?,
            None => ptr::null_mut(),
        };
        let mut inputs = end(c"out", self.sink)?;
        // SAFETY: both lists are null or ours; the call takes what it uses from them.
        let status = unsafe {
            ffi::avfilter_graph_parse_ptr(
                self.graph.as_ptr(),
                filters.as_ptr(),
                &raw mut inputs,
                &raw mut outputs,
                ptr::null_mut(),
            )
        };
        // SAFETY: the lists are null or ours; the calls free what parsing left.
        unsafe {
            ffi::avfilter_inout_free(&raw mut inputs);
            ffi::avfilter_inout_free(&raw mut outputs);
        }
        MediaError::check("avfilter_graph_parse_ptr", status).map(drop)
    }

    /// Gives the graph a frame, by reference; `None` tells it that no more come.
    ///
    /// # Errors
    /// When a filter fails.
    pub fn push(&mut self, frame: Option<&Frame>) -> Result<(), MediaError> {
        // The call takes a mutable frame but, keeping references, leaves it as it was.
        let raw = frame.map_or(ptr::null_mut(), |frame| frame.as_ptr().cast_mut());
        let Some(source) = self.source else {
            return Err(MediaError::Call { call: "Graph::push", cause: "this graph makes its own frames".into() });
        };
        // SAFETY: the source context lives in our graph; the frame is valid or null, which drains.
        let status = unsafe {
            ffi::av_buffersrc_add_frame_flags(
                source.as_ptr(),
                raw,
                ffi::AV_BUFFERSRC_FLAG_KEEP_REF as c_int | ffi::AV_BUFFERSRC_FLAG_NO_CHECK_FORMAT as c_int,
            )
        };
        MediaError::check("av_buffersrc_add_frame_flags", status).map(drop)
    }

    /// Takes a frame out; `false` when there is none until more are pushed, or none ever again.
    ///
    /// # Errors
    /// When a filter fails.
    pub fn pull(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        frame.clear();
        // SAFETY: the sink context lives in our graph; the frame is valid and held exclusively.
        let status = unsafe { ffi::av_buffersink_get_frame(self.sink.as_ptr(), frame.as_mut_ptr()) };
        if status == ffi::AVERROR(ffi::EAGAIN) || status == ffi::AVERROR_EOF {
            return Ok(false);
        }
        MediaError::check("av_buffersink_get_frame", status).map(|_| true)
    }
}

/// Makes a list of one loose end of the chain, for parsing to tie up.
fn end(name: &CStr, filter: NonNull<ffi::AVFilterContext>) -> Result<*mut ffi::AVFilterInOut, MediaError> {
    // SAFETY: the call takes nothing; null means no memory.
    let end = unsafe { ffi::avfilter_inout_alloc() };
    if end.is_null() {
        return Err(MediaError::out_of_memory("avfilter_inout_alloc"));
    }
    // SAFETY: the end is fresh and ours; its name is copied by FFmpeg's allocator, as it will be freed by it.
    unsafe {
        (*end).name = ffi::av_strdup(name.as_ptr());
        (*end).filter_ctx = filter.as_ptr();
        (*end).pad_idx = 0;
        (*end).next = ptr::null_mut();
    }
    Ok(end)
}

impl Drop for Graph {
    fn drop(&mut self) {
        let mut raw = self.graph.as_ptr();
        // SAFETY: we own the graph; freeing it frees every filter in it.
        unsafe { ffi::avfilter_graph_free(&raw mut raw) }
    }
}
