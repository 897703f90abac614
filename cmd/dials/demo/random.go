package demo

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// mix is the finaliser of splitmix64: it spreads the bits of x over the word.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// A key names one purpose of randomness, so that a change in one part of the
// company leaves the draws of all others alone.
type key uint64

func newKey(seed uint64, purpose string) key {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	return key(mix(seed ^ mix(h.Sum64())))
}

// draw returns the number in [0, 1) that belongs to a and b.
func (k key) draw(a, b int) float64 {
	x := mix(uint64(k) ^ mix(uint64(a)^mix(uint64(b))))
	return float64(x>>11) / (1 << 53)
}

// pick returns the number in [0, n) that belongs to a and b.
func (k key) pick(a, b, n int) int { return int(k.draw(a, b) * float64(n)) }

// generator returns a generator of its own for a.
func (k key) generator(a int) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(k), mix(uint64(a))))
}

// autoregressive returns n values with standard deviation sigma and correlation
// rho from one to the next.
func autoregressive(r *rand.Rand, n int, sigma, rho float64) []float64 {
	x := make([]float64, n)
	last := r.NormFloat64() * sigma
	for i := range x {
		x[i] = last
		last = rho*last + r.NormFloat64()*sigma*math.Sqrt(1-rho*rho)
	}
	return x
}

func clip(x, low, high float64) float64 { return math.Min(math.Max(x, low), high) }

func mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// deviation returns the standard deviation of x, with n−1.
func deviation(x []float64) float64 {
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(x)-1))
}
