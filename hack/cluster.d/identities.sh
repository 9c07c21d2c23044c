# shellcheck shell=bash
# The certificates and kubeconfigs of a cluster. One CA signs the API server and
# every client, so each kubeconfig carries it and nothing skips verification.
# Elliptic keys, since they are made in milliseconds. Sourced after lib.sh.

# make_ca FILE NAME
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
    -keyout "$STATE/pki/$1.key" -out "$STATE/pki/$1.crt" -subj "/CN=$2" 2>/dev/null
}

# make_certificate FILE SUBJECT CA EXTENSIONS
make_certificate() {
  local f=$STATE/pki/$1
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -keyout "$f.key" -out "$f.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$f.csr" -CA "$STATE/pki/$3.crt" -CAkey "$STATE/pki/$3.key" \
    -CAcreateserial -days 365 -out "$f.crt" -extfile <(echo "$4") 2>/dev/null
  rm "$f.csr"
}

# make_identity FILE USER [GROUP]: FILE.kubeconfig in the state folder, for a
# client whose certificate says this user and group.
make_identity() {
  make_certificate "$1" "${3:+/O=$3}/CN=$2" ca extendedKeyUsage=clientAuth
  local pki=$STATE/pki
  (umask 077 && cat >"$STATE/$1.kubeconfig") <<YAML
apiVersion: v1
kind: Config
current-context: $NAME
contexts:
- {name: $NAME, context: {cluster: $NAME, user: $1}}
clusters:
- name: $NAME
  cluster:
    server: $(recall server)
    certificate-authority-data: $(base64 -w0 <"$pki/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 <"$pki/$1.crt")
    client-key-data: $(base64 -w0 <"$pki/$1.key")
YAML
}

# make_control_plane_identities ADDRESS SERVICE_ADDRESS
make_control_plane_identities() {
  mkdir -p "$STATE/pki"
  chmod 700 "$STATE/pki"
  make_ca ca stackwright-cluster
  make_certificate apiserver /CN=kube-apiserver ca "$(
    echo extendedKeyUsage=serverAuth
    echo "subjectAltName=IP:$1,IP:127.0.0.1,IP:$2,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  )"
  # What the API server shows to kubelets (logs, exec) ...
  make_certificate apiserver-kubelet /O=system:masters/CN=kube-apiserver-kubelet-client ca extendedKeyUsage=clientAuth
  # ... and to aggregated API servers; these trust a CA that signs nothing else.
  make_ca front-proxy-ca front-proxy
  make_certificate front-proxy /CN=front-proxy-client front-proxy-ca extendedKeyUsage=clientAuth
  openssl ecparam -name prime256v1 -genkey -noout -out "$STATE/pki/service-accounts.key"

  make_identity admin stackwright-admin system:masters
  make_identity controller-manager system:kube-controller-manager
  make_identity scheduler system:kube-scheduler
  make_identity kwok stackwright:kwok
}
