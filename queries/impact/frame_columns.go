package impact

import "slices"

// Columns are the frame's columns in order; what they hold is not to be changed.
func (f *Frame) Columns() []Column { return slices.Clone(f.columns) }
