package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// experience is all that this process can find out about its place.
func experience() map[string]any {
	cwd, _ := os.Getwd()
	hostname, _ := os.Hostname()
	return map[string]any{
		"args":         os.Args,
		"cwd":          cwd,
		"pid":          os.Getpid(),
		"init":         strings.TrimSpace(read("/proc/1/comm")),
		"user":         user(),
		"capabilities": capabilities(),
		"env":          environment(),
		"hostname":     hostname,
		"domainname":   strings.TrimSpace(read("/proc/sys/kernel/domainname")),
		"umask":        status()["Umask"],
		"no_new_privs": status()["NoNewPrivs"],
		"seccomp":      status()["Seccomp"],
		"ulimits":      ulimits(),
		"cgroup":       cgroup(),
		"sysctls":      sysctls(),
		"terminal":     map[string]bool{"stdin": isTerminal(0), "stdout": isTerminal(1)},
		"devices":      devices(),
		"mounts":       mounts(),
		"hosts":        hosts(),
		"shm":          sizeOf("/dev/shm"),
		"processors":   processors(),
	}
}

func read(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}

// status is /proc/self/status by key.
func status() map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(read("/proc/self/status")) {
		key, value, _ := strings.Cut(line, ":")
		fields[key] = strings.TrimSpace(value)
	}
	return fields
}

func user() map[string]any {
	groups, _ := os.Getgroups()
	sort.Ints(groups)
	return map[string]any{"uid": os.Getuid(), "gid": os.Getgid(), "groups": groups}
}

// The kernel's capabilities, by number (capabilities(7)).
var capabilityNames = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP
	LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT
	SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE
	AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`)

func capabilities() map[string]string {
	sets := map[string]string{}
	for key, name := range map[string]string{"CapEff": "effective", "CapPrm": "permitted", "CapBnd": "bounding", "CapInh": "inheritable", "CapAmb": "ambient"} {
		mask, _ := strconv.ParseUint(status()[key], 16, 64)
		var names []string
		for bit, capability := range capabilityNames {
			if mask&(1<<bit) != 0 {
				names = append(names, capability)
			}
		}
		sort.Strings(names)
		sets[name] = strings.Join(names, " ")
	}
	return sets
}

func environment() map[string]string {
	variables := map[string]string{}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	return variables
}

// ulimits is /proc/self/limits: a name, then the soft and the hard limit. Another program
// reads it, since Go raises its own limit of open files as it starts, and gives its
// children back what it found.
func ulimits() map[string]string {
	limits := map[string]string{}
	text, err := exec.Command("cat", "/proc/self/limits").Output()
	if err != nil {
		text = []byte(read("/proc/self/limits"))
	}
	for line := range strings.Lines(string(text)) {
		if len(line) < 66 || !strings.HasPrefix(line, "Max ") {
			continue
		}
		limits[strings.TrimSpace(line[4:26])] = strings.Join(strings.Fields(line[26:66]), ":")
	}
	return limits
}

// cgroup is what limits the process, under the same names on both versions of cgroups.
func cgroup() map[string]string {
	files := map[string][]string{
		"memory":      {"memory/memory.limit_in_bytes", "memory.max"},
		"memory-soft": {"memory/memory.soft_limit_in_bytes", "memory.low"},
		"pids":        {"pids/pids.max", "pids.max"},
		"cpu-quota":   {"cpu/cpu.cfs_quota_us", "cpu.max"},
		"cpu-period":  {"cpu/cpu.cfs_period_us"},
		"cpu-shares":  {"cpu/cpu.shares", "cpu.weight"},
		"cpuset":      {"cpuset/cpuset.cpus", "cpuset.cpus.effective"},
	}
	found := map[string]string{}
	for name, paths := range files {
		for _, path := range paths {
			if text := strings.TrimSpace(read(filepath.Join("/sys/fs/cgroup", path))); text != "" {
				found[name] = text
				break
			}
		}
	}
	return found
}

// Parameters that belong to a container and not to the machine.
var namespaced = []string{
	"net.core.somaxconn", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies",
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.ping_group_range", "net.ipv4.ip_forward",
	"kernel.shmmax", "kernel.shmall", "kernel.msgmax", "kernel.sem", "fs.mqueue.msg_max",
}

func sysctls() map[string]string {
	values := map[string]string{}
	for _, name := range namespaced {
		text := read("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
		values[name] = strings.Join(strings.Fields(text), " ")
	}
	return values
}

func isTerminal(descriptor int) bool {
	var stat syscall.Stat_t
	if syscall.Fstat(descriptor, &stat) != nil || stat.Mode&syscall.S_IFMT != syscall.S_IFCHR {
		return false
	}
	target, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(descriptor))
	return strings.HasPrefix(target, "/dev/pts/") || target == "/dev/console"
}

func devices() []string {
	entries, _ := os.ReadDir("/dev")
	var names []string
	for _, entry := range entries {
		if entry.Type()&os.ModeCharDevice != 0 || entry.Type()&os.ModeDevice != 0 {
			names = append(names, entry.Name())
		}
	}
	return names
}

// hostsFile is /etc/hosts once something stands in it: the kubelet empties and fills it whenever
// a container of the pod starts.
func hostsFile() string {
	for range 20 {
		if text, err := os.ReadFile("/etc/hosts"); err != nil || len(text) > 0 {
			return string(text)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return ""
}

// hosts is /etc/hosts: the addresses of each name, its own as "self", since that one is
// another on every engine.
func hosts() map[string]string {
	names := map[string]string{}
	own := map[string]bool{}
	addresses, _ := net.InterfaceAddrs()
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && !network.IP.IsLoopback() {
			own[network.IP.String()] = true
		}
	}
	for line := range strings.Lines(hostsFile()) {
		text, _, _ := strings.Cut(line, "#")
		if fields := strings.Fields(text); len(fields) > 1 {
			address := fields[0]
			if own[address] {
				address = "self"
			}
			for _, name := range fields[1:] {
				names[name] = strings.TrimSpace(names[name] + " " + address)
			}
		}
	}
	return names
}

func sizeOf(path string) uint64 {
	var stat syscall.Statfs_t
	if syscall.Statfs(path, &stat) != nil {
		return 0
	}
	return stat.Blocks * uint64(stat.Bsize)
}

// processors is how many the process may run on.
func processors() string { return status()["Cpus_allowed_list"] }
