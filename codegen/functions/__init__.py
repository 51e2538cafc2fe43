"""Special functions on f32 vectors as straight-line code: `single` in f32, the others in f64."""
