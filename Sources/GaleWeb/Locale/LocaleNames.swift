// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What languages call themselves: Tornado's `LOCALE_NAMES`.
enum LocaleNames {
  /// The name of a code such as `de_DE`.
  static func name(_ code: String) -> String? { names[code] }

  private static let names: [String: String] = [
    "af_ZA": "Afrikaans", "am_ET": "አማርኛ", "ar_AR": "العربية", "bg_BG": "Български", "bn_IN": "বাংলা",
    "bs_BA": "Bosanski", "ca_ES": "Català", "cs_CZ": "Čeština", "cy_GB": "Cymraeg", "da_DK": "Dansk",
    "de_DE": "Deutsch", "el_GR": "Ελληνικά", "en_GB": "English (UK)", "en_US": "English (US)",
    "es_ES": "Español (España)", "es_LA": "Español", "et_EE": "Eesti", "eu_ES": "Euskara", "fa_IR": "فارسی",
    "fi_FI": "Suomi", "fr_CA": "Français (Canada)", "fr_FR": "Français", "ga_IE": "Gaeilge",
    "gl_ES": "Galego", "he_IL": "עברית", "hi_IN": "हिन्दी", "hr_HR": "Hrvatski", "hu_HU": "Magyar",
    "id_ID": "Bahasa Indonesia", "is_IS": "Íslenska", "it_IT": "Italiano", "ja_JP": "日本語", "ko_KR": "한국어",
    "lt_LT": "Lietuvių", "lv_LV": "Latviešu", "mk_MK": "Македонски", "ml_IN": "മലയാളം",
    "ms_MY": "Bahasa Melayu", "nb_NO": "Norsk (bokmål)", "nl_NL": "Nederlands", "nn_NO": "Norsk (nynorsk)",
    "pa_IN": "ਪੰਜਾਬੀ", "pl_PL": "Polski", "pt_BR": "Português (Brasil)", "pt_PT": "Português (Portugal)",
    "ro_RO": "Română", "ru_RU": "Русский", "sk_SK": "Slovenčina", "sl_SI": "Slovenščina", "sq_AL": "Shqip",
    "sr_RS": "Српски", "sv_SE": "Svenska", "sw_KE": "Kiswahili", "ta_IN": "தமிழ்", "te_IN": "తెలుగు",
    "th_TH": "ภาษาไทย", "tl_PH": "Filipino", "tr_TR": "Türkçe", "uk_UA": "Українська",
    "vi_VN": "Tiếng Việt", "zh_CN": "中文(简体)", "zh_TW": "中文(繁體)",
  ]
}
