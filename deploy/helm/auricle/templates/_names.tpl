{{- define "auricle.name" -}}
{{- $name := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) }}
{{- $name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- /* What selects the pods of one part; takes (dict "root" $ "part" "server"). */}}
{{- define "auricle.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "auricle.labels" -}}
{{ include "auricle.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "auricle.secret" -}}
{{- if .Values.existingSecret }}{{ .Values.existingSecret }}
{{- else if .Values.secrets.AURICLE_DATABASE_URL }}{{ include "auricle.name" . }}
{{- else }}{{ fail "Auricle needs a PostgreSQL database: name a Secret that has AURICLE_DATABASE_URL with existingSecret, or set secrets.AURICLE_DATABASE_URL." }}
{{- end }}
{{- end }}

{{- define "auricle.storageClaim" -}}
{{ .Values.storage.persistence.existingClaim | default (printf "%s-storage" (include "auricle.name" .)) }}
{{- end }}

{{- define "auricle.modelsClaim" -}}
{{ .Values.models.persistence.existingClaim | default (printf "%s-models" (include "auricle.name" .)) }}
{{- end }}
