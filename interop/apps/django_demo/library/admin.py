from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Avg, Count

from django_demo.library.models import Author, Book, Review


class BookInline(admin.TabularInline):
    model = Book
    fields = ["title", "year", "genre", "copies"]
    readonly_fields = ["title", "year", "genre"]
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request, obj=None):
        return False


class ReviewInline(admin.StackedInline):
    model = Review
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})}}
    extra = 0


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    list_display = ["name", "born", "died", "country", "book_count"]
    list_filter = ["country"]
    search_fields = ["name", "country"]
    inlines = [BookInline]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(book_count=Count("books"))

    @admin.display(description="books", ordering="book_count")
    def book_count(self, author):
        return author.book_count


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "year", "genre", "copies", "rating"]
    list_editable = ["copies"]
    list_filter = ["genre", ("author", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["author"]
    search_fields = ["title", "author__name", "about"]
    autocomplete_fields = ["author"]
    prepopulated_fields = {"slug": ["title"]}
    date_hierarchy = "added"
    readonly_fields = ["added"]
    inlines = [ReviewInline]
    actions = ["buy_another"]

    def get_queryset(self, request):
        return super().get_queryset(request).annotate(rating=Avg("reviews__stars"))

    @admin.display(description="stars", ordering="rating", empty_value="–")
    def rating(self, book):
        return book.rating and f"{book.rating:.1f}"

    @admin.action(description="Buy another copy of the selected books")
    def buy_another(self, request, books):
        for book in books:
            book.copies += 1
            book.save(update_fields=["copies"])
        self.message_user(request, f"{len(books)} more on the shelf.")


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):
    list_display = ["book", "reader", "stars", "written"]
    list_filter = ["stars", "written"]
    search_fields = ["reader", "text", "book__title"]
    autocomplete_fields = ["book"]
