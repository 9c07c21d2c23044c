{{- define "stackwright.name" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) }}
{{- $name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "stackwright.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "stackwright.name" .) }}
{{- end }}

{{- define "stackwright.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{- /* The operator chooses this namespace itself: the served namespace if it is one, or that of the operator. */}}
{{- define "stackwright.leaseNamespace" -}}
{{ ternary (first .Values.watchNamespaces) .Release.Namespace (eq (len .Values.watchNamespaces) 1) }}
{{- end }}

{{- define "stackwright.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "stackwright.labels" -}}
{{ include "stackwright.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
