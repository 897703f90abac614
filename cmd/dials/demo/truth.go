package demo

func (c *company) truth() any { return nil }
