{{- define "wegennet-operator.labels" -}}
app.kubernetes.io/name: wegennet-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: wegennet
{{- end -}}

{{- define "wegennet-operator.selector" -}}
app.kubernetes.io/name: wegennet-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The operator as the API server knows it. */}}
{{- define "wegennet-operator.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:wegennet-operator
{{- end -}}

{{/* CEL: the request is the operator's own. */}}
{{- define "wegennet-operator.isOperator" -}}
request.userInfo.username == '{{ include "wegennet-operator.user" . }}'
{{- end -}}

{{/* CEL: the request comes from the cluster's own controllers, the scheduler or a kubelet. */}}
{{- define "wegennet-operator.isCluster" -}}
request.userInfo.groups.exists(group, group == 'system:serviceaccounts:kube-system' || group == 'system:nodes')
|| request.userInfo.username in ['system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver']
{{- end -}}
