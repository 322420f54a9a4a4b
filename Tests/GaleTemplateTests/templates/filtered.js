{# param name: String #}
{% autoescape url_escape %}
var name = {{ name }};   var   n = {% raw 1 + 1 %};
