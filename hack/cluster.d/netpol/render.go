package main

import (
	"fmt"
	"strings"
)

// Render gives the input for `nft -f`, which replaces the whole table. Of the range
// that the node's pods have their addresses from, an address that is no pod's is cut
// off: nothing is known of who has it.
//
// One map sends a packet to the chain of the pod that sent it, a second one to
// that of the pod that receives it; a chain returns what is allowed, and drops.
func Render(podRange string, addresses []string, filters []Filter) string {
	var chains, from, to strings.Builder
	known := "set pods { type ipv4_addr; }\n"
	if len(addresses) > 0 { // nft refuses an empty list
		known = "set pods { type ipv4_addr; elements = { " + strings.Join(addresses, ", ") + " } }\n"
	}
	for i, f := range filters {
		if f.Egress != nil {
			fmt.Fprintf(&from, "    %s : jump egress-%d,\n", f.Address, i)
			chain(&chains, fmt.Sprintf("egress-%d", i), f, "daddr", *f.Egress)
		}
		if f.Ingress != nil {
			fmt.Fprintf(&to, "    %s : jump ingress-%d,\n", f.Address, i)
			chain(&chains, fmt.Sprintf("ingress-%d", i), f, "saddr", *f.Ingress)
		}
	}
	// Adding the table first makes deleting it legal where there is none yet.
	return "table ip netpol {}\ndelete table ip netpol\ntable ip netpol {\n" + known + chains.String() +
		"chain forward {\n  type filter hook forward priority filter - 5; policy accept;\n" +
		"  ct state established,related accept\n" +
		fmt.Sprintf("  ip saddr %[1]s ip saddr != @pods counter drop\n  ip daddr %[1]s ip daddr != @pods counter drop\n", podRange) +
		dispatch("saddr", from.String()) + dispatch("daddr", to.String()) + "}\n}\n"
}

func dispatch(direction, pods string) string {
	if pods == "" {
		return "" // nft refuses an empty map
	}
	return fmt.Sprintf("  ip %s vmap {\n%s  }\n", direction, pods)
}

func chain(w *strings.Builder, name string, f Filter, peer string, allows []Allow) {
	fmt.Fprintf(w, "chain %s { # %s\n", name, f.Pod)
	// A pod may always reach itself, also by way of its Service.
	fmt.Fprintf(w, "  ip %s %s return\n", peer, f.Address)
	for _, a := range allows {
		for _, ports := range protocols(a.Ports) {
			rule := ""
			if a.Peers != nil {
				rule += fmt.Sprintf(" ip %s %s", peer, set(a.Peers))
			}
			for _, e := range a.Except { // one by one: ranges of a set may not overlap
				rule += fmt.Sprintf(" ip %s != %s", peer, e)
			}
			fmt.Fprintf(w, " %s%s return\n", rule, ports)
		}
	}
	fmt.Fprintf(w, "  counter drop\n}\n")
}

// protocols gives one match for each protocol, since a set of ports has one.
func protocols(ports []Port) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	var matches []string
	for _, protocol := range []string{"tcp", "udp", "sctp"} {
		var numbers []string
		all := false
		for _, p := range ports {
			switch {
			case p.Protocol != protocol:
			case p.From == 0:
				all = true
			case p.From == p.To:
				numbers = append(numbers, fmt.Sprint(p.From))
			default:
				numbers = append(numbers, fmt.Sprintf("%d-%d", p.From, p.To))
			}
		}
		switch {
		case all:
			matches = append(matches, " meta l4proto "+protocol)
		case len(numbers) > 0:
			for _, n := range numbers {
				matches = append(matches, fmt.Sprintf(" %s dport %s", protocol, n))
			}
		}
	}
	return matches
}

func set(addresses []string) string {
	if len(addresses) == 1 {
		return addresses[0]
	}
	return "{ " + strings.Join(addresses, ", ") + " }"
}
