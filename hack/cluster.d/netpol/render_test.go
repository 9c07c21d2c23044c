package main

import (
	"os/exec"
	"strings"
	"testing"
)

var filters = []Filter{
	{
		Pod: "shop/api", Address: "10.0.0.2",
		Ingress: &[]Allow{
			{Peers: []string{"10.0.0.1", "10.0.0.4"}, Ports: []Port{{"tcp", 80, 80}, {"tcp", 75, 90}, {"udp", 53, 53}}},
			{Peers: []string{"10.1.0.0/16"}, Except: []string{"10.1.2.0/23", "10.1.2.0/24"}},
			{Peers: []string{"0.0.0.0/0"}, Except: []string{"10.0.0.9/24"}, Ports: []Port{{"sctp", 0, 0}}},
		},
		Egress: &[]Allow{{}},
	},
	{Pod: "shop/web", Address: "10.0.0.1", Ingress: &[]Allow{}},
}

var addresses = []string{"10.0.0.1", "10.0.0.2"}

const rules = `table ip netpol {}
delete table ip netpol
table ip netpol {
set pods { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }
chain egress-0 { # shop/api
  ip daddr 10.0.0.2 return
  return
  counter drop
}
chain ingress-0 { # shop/api
  ip saddr 10.0.0.2 return
  ip saddr { 10.0.0.1, 10.0.0.4 } tcp dport 80 return
  ip saddr { 10.0.0.1, 10.0.0.4 } tcp dport 75-90 return
  ip saddr { 10.0.0.1, 10.0.0.4 } udp dport 53 return
  ip saddr 10.1.0.0/16 ip saddr != 10.1.2.0/23 ip saddr != 10.1.2.0/24 return
  ip saddr 0.0.0.0/0 ip saddr != 10.0.0.9/24 meta l4proto sctp return
  counter drop
}
chain ingress-1 { # shop/web
  ip saddr 10.0.0.1 return
  counter drop
}
chain forward {
  type filter hook forward priority filter - 5; policy accept;
  ct state established,related accept
  ip saddr 10.0.0.0/24 ip saddr != @pods counter drop
  ip daddr 10.0.0.0/24 ip daddr != @pods counter drop
  ip saddr vmap {
    10.0.0.2 : jump egress-0,
  }
  ip daddr vmap {
    10.0.0.2 : jump ingress-0,
    10.0.0.1 : jump ingress-1,
  }
}
}
`

func TestRender(t *testing.T) {
	if got := Render("10.0.0.0/24", addresses, filters); got != rules {
		t.Errorf("got:\n%s", got)
	}
}

// nft itself takes the rules, in a network namespace that ends with the test; where
// that needs more rights or programs than there are, the test is skipped.
func TestNftTakesIt(t *testing.T) {
	if exec.Command("unshare", "--net", "nft", "list", "tables").Run() != nil {
		t.Skip("unshare --net nft does not work here")
	}
	full := Render("10.0.0.0/24", addresses, filters)
	for _, rules := range []string{Render("10.0.0.0/24", nil, nil), full, full + full} {
		command := exec.Command("unshare", "--net", "nft", "-f", "-")
		command.Stdin = strings.NewReader(rules)
		if output, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, output)
		}
	}
}
