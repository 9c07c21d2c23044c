package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
)

// ping sends an ICMP echo request without any capability, as ping does for who is not root.
func ping(host string) int {
	if err := echoRequest(host); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("answered")
	return 0
}

func echoRequest(host string) error {
	address, err := net.ResolveIPAddr("ip4", host)
	if err != nil {
		return errors.New("no such name")
	}
	// The kernel gives such a socket to the groups of net.ipv4.ping_group_range alone.
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, syscall.IPPROTO_ICMP)
	if err != nil {
		return fmt.Errorf("no socket: %w", err)
	}
	defer syscall.Close(socket)
	limit := syscall.NsecToTimeval(patience.Nanoseconds())
	if err := syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &limit); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	to := &syscall.SockaddrInet4{Addr: [4]byte(address.IP.To4())}
	// Type 8, code 0; the kernel fills in the checksum and the identifier.
	request := []byte{8, 0, 0, 0, 0, 0, 0, 1}
	if err := syscall.Sendto(socket, request, 0, to); err != nil {
		return fmt.Errorf("not sent: %w", err)
	}
	answer := make([]byte, 64)
	length, _, err := syscall.Recvfrom(socket, answer, 0)
	if err != nil || length == 0 || answer[0] != 0 {
		return errors.New("no answer")
	}
	return nil
}
