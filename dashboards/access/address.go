package access

import (
	"net"
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// clientAddress returns who asks: the peer, or behind trusted proxies the
// rightmost entry of X-Forwarded-For that is none of them. What stands left of it
// was written by the client. An entry that is no address ends the walk: what comes
// before it cannot be trusted either.
func clientAddress(peer netip.Addr, forwarded []string, trusted []netip.Prefix) netip.Addr {
	last := peer
	if !isTrusted(peer, trusted) {
		return peer
	}
	entries := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(entries) - 1; i >= 0; i-- {
		address, ok := parseAddress(strings.TrimSpace(entries[i]))
		if !ok {
			return last
		}
		if last = address; !isTrusted(address, trusted) {
			return address
		}
	}
	return last
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	for _, network := range trusted {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// parseAddress reads an address, which may have a port.
func parseAddress(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

// peerOf returns the other end of the connection.
func peerOf(c *fiber.Ctx) netip.Addr {
	if tcp, ok := c.Context().RemoteAddr().(*net.TCPAddr); ok {
		a, _ := netip.AddrFromSlice(tcp.IP)
		return a.Unmap()
	}
	a, _ := parseAddress(c.Context().RemoteAddr().String())
	return a
}

// bucketOf is what limits count an address as: an IPv6 client has a whole /64.
func bucketOf(a netip.Addr) string {
	if a.Is6() {
		if network, err := a.Prefix(64); err == nil {
			return network.String()
		}
	}
	return a.String()
}
