package sql

import (
	"encoding/binary"
	"errors"
	"math"
)

// days and microseconds from 1970 to PostgreSQL's own beginning of time, 2000.
const (
	epochDays   = 10_957
	epochMicros = epochDays * 86_400_000_000
)

var errFormat = errors.New("the server sent it in a format that is not known")

// binary adds one value as PostgreSQL writes it.
func (b *builder) binary(i int, k kind, raw []byte) error {
	switch k {
	case asInteger, asNumber, asStamp, asMoment:
		if len(raw) != 8 {
			return errFormat
		}
		v := binary.BigEndian.Uint64(raw)
		switch {
		case k == asInteger:
			b.integer(i, int64(v))
		case k == asNumber:
			b.number(i, math.Float64frombits(v))
		case int64(v) == math.MaxInt64:
			b.isNone(i, "infinity")
		case int64(v) == math.MinInt64:
			b.isNone(i, "-infinity")
		case int64(v) > math.MaxInt64-epochMicros:
			b.isNone(i, "a time beyond the year 294246")
		default:
			b.stamp(i, int64(v)+epochMicros)
		}
	case asDate:
		if len(raw) != 4 {
			return errFormat
		}
		switch v := int32(binary.BigEndian.Uint32(raw)); v {
		case math.MaxInt32:
			b.isNone(i, "infinity")
		case math.MinInt32:
			b.isNone(i, "-infinity")
		default:
			b.date(i, int64(v)+epochDays)
		}
	case asBoolean:
		b.boolean(i, len(raw) == 1 && raw[0] == 1)
	case asDecimal:
		if f, ok := plainNumeric(raw); ok && b.cols[i].real {
			b.number(i, f)
			return nil
		}
		text, err := numeric(raw)
		if err != nil {
			return err
		}
		return b.decimal(i, text)
	default:
		b.raw(i, raw)
	}
	return nil
}

// plainNumeric is the float64 next to a numeric whose digits and power of ten a float64
// both holds exactly, so that one division rounds once.
func plainNumeric(raw []byte) (float64, bool) {
	const header, exact, most = 8, 1 << 53, 20
	if len(raw) < header {
		return 0, false
	}
	u16 := func(i int) uint16 { return binary.BigEndian.Uint16(raw[2*i:]) }
	groups, weight, sign := int(u16(0)), int(int16(u16(1))), u16(2)
	below := 4 * (groups - 1 - weight) // digits behind the point
	if sign != 0 && sign != 0x4000 || len(raw) < header+2*groups || groups > 4 || below > most || below < 0 {
		return 0, false
	}
	digits := uint64(0)
	for i := range groups {
		digits = digits*10_000 + uint64(u16(header/2+i))
	}
	if digits >= exact {
		return 0, false
	}
	f := float64(digits) / [...]float64{1, 1e4, 1e8, 1e12, 1e16, 1e20}[below/4]
	if sign != 0 {
		f = -f
	}
	return f, true
}

// numeric writes PostgreSQL's binary numeric as text, exactly. What is no number is
// written so, for the column's type to refuse.
func numeric(raw []byte) (string, error) {
	const header = 8
	if len(raw) < header {
		return "", errFormat
	}
	u16 := func(i int) uint16 { return binary.BigEndian.Uint16(raw[2*i:]) }
	digits, weight, sign, scale := int(u16(0)), int(int16(u16(1))), u16(2), int(u16(3))
	switch sign {
	case 0, 0x4000:
	case 0xC000:
		return "NaN", nil
	case 0xD000:
		return "Infinity", nil
	case 0xF000:
		return "-Infinity", nil
	default:
		return "", errFormat
	}
	if len(raw) < header+2*digits {
		return "", errFormat
	}
	group := func(i int) int { // the i-th group of four digits, of ten thousands
		if i < 0 || i >= digits {
			return 0
		}
		return int(u16(header/2 + i))
	}
	out := make([]byte, 0, 4*(max(weight, 0)+2)+scale)
	if sign == 0x4000 {
		out = append(out, '-')
	}
	for i := 0; i <= weight; i++ {
		out = appendGroup(out, group(i), i == 0)
	}
	if weight < 0 {
		out = append(out, '0')
	}
	if scale > 0 {
		out = append(out, '.')
		end := len(out) + scale
		for i := weight + 1; len(out) < end; i++ {
			out = appendGroup(out, group(i), false)
		}
		out = out[:end]
	}
	return string(out), nil
}

// appendGroup writes four digits, the first of a number without zeros in front.
func appendGroup(out []byte, v int, first bool) []byte {
	d := [4]byte{byte('0' + v/1000), byte('0' + v/100%10), byte('0' + v/10%10), byte('0' + v%10)}
	from := 0
	for first && from < 3 && d[from] == '0' {
		from++
	}
	return append(out, d[from:]...)
}
